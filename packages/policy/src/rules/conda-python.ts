import { type CondaVersion, parseMatchSpec, parseVersion, versionMatches } from '@sluice/formats/conda';
import type { PythonMinor } from '@sluice/formats/pypi';
import type { Facts } from '../facts/facts.ts';
import type { RuleTest } from '../rule.ts';

/** No minor version of Python has had more patch releases. */
const mostPatches = 40;

/**
 * Is the conda file built for one of these versions of Python? Both must agree: `py310` in its build string, and what it
 * depends on. What says nothing of Python stays, or nothing could be installed; Python itself goes by its own version.
 *
 * @see product.md AE-08, design.md §7 no. 6
 */
export function condaPythonTest(minors: readonly PythonMinor[], facts: Facts): RuleTest {
  const { names, name, versions, version, builds, pythons, python } = facts;
  const admitted = pythons.map((text) => minors.map((minor) => admits(text, minor)));
  const own = names.indexOf('python');
  const isOwn = (i: number) => name[i] === own;
  const suits = (i: number): boolean => {
    if (isOwn(i)) return minors.some((minor) => isOf(versions[version[i]!]!, minor));
    const built = builtFor(builds.at(i));
    const byDepends = admitted[python[i]!]!;
    return minors.some((minor, k) => byDepends[k]! && (built === undefined || isSame(built, minor)));
  };
  return {
    denies: (i) => !suits(i),
    evidence: (i) => {
      if (isOwn(i)) return `it is Python ${versions[version[i]!]}`;
      const depends = pythons[python[i]!]!.replaceAll('\n', ', ');
      return `its build is ${builds.at(i)}${depends === '' ? '' : `, it depends on ${depends}`}`;
    },
  };
}

/** The version of Python that a build string names: `np111py27_0` 2.7, `py310h06a4308_0` 3.10. */
function builtFor(build: string): PythonMinor | undefined {
  const named = /(?<!num)py([23])(\d{1,2})(?!\d)/.exec(build);
  return named ? { major: Number(named[1]), minor: Number(named[2]) } : undefined;
}

function isSame(a: PythonMinor, b: PythonMinor): boolean {
  return a.major === b.major && a.minor === b.minor;
}

function isOf(version: string, { major, minor }: PythonMinor): boolean {
  return version === `${major}.${minor}` || version.startsWith(`${major}.${minor}.`);
}

/** Whether some release of that Python meets all dependencies on it; none that cannot be read does. */
function admits(depends: string, { major, minor }: PythonMinor): boolean {
  if (depends === '') return true;
  const specs = depends.split('\n').map(versionsOf);
  return Array.from({ length: mostPatches }, (_, patch) => parseVersion(`${major}.${minor}.${patch}`)).some((release) =>
    specs.every((isMet) => isMet(release)),
  );
}

function versionsOf(depends: string): (release: CondaVersion) => boolean {
  try {
    const { version, build } = parseMatchSpec(depends);
    const named = build ? builtFor(build.text) : undefined;
    return (release) =>
      (version === undefined || versionMatches(version, release)) && (named === undefined || isOf(release.text, named));
  } catch {
    return () => false;
  }
}
