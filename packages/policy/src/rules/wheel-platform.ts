import { wheelPlatforms } from '@sluice/formats/pypi';
import type { Rule } from '../rule.ts';
import { listText } from './list-text.ts';

/** Is this wheel for one of these platforms? Wheels for any platform, source distributions and other types of package stay. */
export function wheelPlatformRule(platforms: readonly string[]): Rule {
  const wanted = new Set([...platforms, 'any']);
  return {
    code: 'platform',
    scope: 'mirror',
    text: `platforms: ${listText(platforms)}`,
    remedy: 'Ask the owner of the mirror to add the platform.',
    prepare: ({ type, builds }) => {
      const known = new Map<string, readonly string[]>();
      const platformsOf = (i: number): readonly string[] => {
        const build = builds.at(i);
        if (type !== 'python' || build === 'sdist') return ['any'];
        const tags = build.slice(build.lastIndexOf('-') + 1);
        let found = known.get(tags);
        if (!found) {
          found = wheelPlatforms(tags.split('.').map((platform) => ({ platform })));
          known.set(tags, found);
        }
        return found;
      };
      return {
        denies: (i) => !platformsOf(i).some((platform) => wanted.has(platform)),
        evidence: (i) => `the wheel is for ${platformsOf(i).join(', ')}`,
      };
    },
  };
}
