import { type PythonMinor, parsePythonMinor, tagSuitsPython } from '@sluice/formats/pypi';
import type { Facts } from '../facts/facts.ts';
import type { Rule, RuleTest } from '../rule.ts';
import { condaPythonTest } from './conda-python.ts';
import { listText } from './list-text.ts';

/**
 * Can one of these versions of Python use the file? Wheels go by their tags, conda's files by build string and dependencies;
 * source distributions and packages of R stay.
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
    prepare: (facts) => {
      if (facts.type === 'conda') return condaPythonTest(minors, facts);
      return facts.type === 'python' ? wheelTest(minors, facts) : { denies: () => false, evidence: () => 'it is of R' };
    },
  };
}

function wheelTest(minors: readonly PythonMinor[], { builds }: Facts): RuleTest {
  const known = new Map<string, boolean>();
  const suits = (i: number): boolean => {
    const build = builds.at(i);
    if (build === 'sdist') return true;
    const tags = build.slice(0, build.lastIndexOf('-'));
    let found = known.get(tags);
    if (found === undefined) {
      found = tagsOf(tags).some((tag) => minors.some((minor) => tagSuitsPython(tag, minor)));
      known.set(tags, found);
    }
    return found;
  };
  return { denies: (i) => !suits(i), evidence: (i) => `the wheel is for ${builds.at(i)}` };
}

/** The combinations of `<pythons>-<abis>`; what platform does not matter. */
function tagsOf(text: string): { python: string; abi: string; platform: string }[] {
  const [pythons = '', abis = ''] = text.split('-');
  return pythons.split('.').flatMap((python) => abis.split('.').map((abi) => ({ python, abi, platform: 'any' })));
}
