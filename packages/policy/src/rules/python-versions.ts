import { parsePythonMinor, tagSuitsPython } from '@sluice/formats/pypi';
import type { Rule } from '../rule.ts';
import { listText } from './list-text.ts';

/**
 * Can one of these versions of Python use the wheel, going by its tags? Source distributions and other types of package stay.
 *
 * @throws {FormatError} `python_version`.
 */
export function pythonVersionsRule(versions: readonly string[]): Rule {
  const minors = versions.map(parsePythonMinor);
  return {
    code: 'python',
    scope: 'mirror',
    text: `python_versions: ${listText(versions)}`,
    remedy: 'Ask the owner of the mirror to add the version of Python.',
    prepare: ({ type, builds }) => {
      const known = new Map<string, boolean>();
      const suits = (i: number): boolean => {
        const build = builds.at(i);
        if (type !== 'python' || build === 'sdist') return true;
        const tags = build.slice(0, build.lastIndexOf('-'));
        let found = known.get(tags);
        if (found === undefined) {
          found = tagsOf(tags).some((tag) => minors.some((minor) => tagSuitsPython(tag, minor)));
          known.set(tags, found);
        }
        return found;
      };
      return { denies: (i) => !suits(i), evidence: (i) => `the wheel is for ${builds.at(i)}` };
    },
  };
}

/** The combinations of `<pythons>-<abis>`; what platform does not matter. */
function tagsOf(text: string): { python: string; abi: string; platform: string }[] {
  const [pythons = '', abis = ''] = text.split('-');
  return pythons.split('.').flatMap((python) => abis.split('.').map((abi) => ({ python, abi, platform: 'any' })));
}
