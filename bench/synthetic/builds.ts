import type { SyntheticLicence } from './licences.ts';
import { drawLicence } from './licences.ts';
import type { SyntheticName } from './names.ts';
import { hexWords, type Random, randomOf } from './random.ts';

/** The builds of one package, oldest first. */
export interface SyntheticBuilds {
  build(index: number): SyntheticBuild;
}

/** One build of a package, in whatever format. */
export interface SyntheticBuild {
  readonly version: string;
  readonly build: string;
  readonly buildNumber: number;
  readonly licence: SyntheticLicence;
  /** Milliseconds; undefined when the record does not say. */
  readonly timestamp: number | undefined;
  readonly depends: readonly string[];
  readonly constrains: readonly string[];
}

const firstDay_ms = Date.UTC(2016, 0, 1);
const lastDay_ms = Date.UTC(2026, 9, 1);
const pythons = [
  ['27', '2.7'],
  ['36', '3.6'],
  ['38', '3.8'],
  ['39', '3.9'],
  ['310', '3.10'],
  ['311', '3.11'],
  ['312', '3.12'],
  ['313', '3.13'],
] as const;
const rVersions = [
  ['35', '3.5'],
  ['36', '3.6'],
  ['40', '4.0'],
  ['41', '4.1'],
  ['42', '4.2'],
  ['43', '4.3'],
  ['44', '4.4'],
] as const;

/** Invent the `count` builds of a package; the same for the same seed and place. */
export function makeBuilds(
  seed: number,
  place: number,
  package_: SyntheticName,
  count: number,
  names: readonly SyntheticName[],
): SyntheticBuilds {
  const random = randomOf(seed, 1, place);
  const perVersion = 1 + random.below(package_.kind === 'native' ? 3 : 5);
  const versions = makeVersions(random, Math.ceil(count / perVersion));
  const requires = Array.from({ length: 3 + random.below(8) }, () => random.skewed(names).name);
  // Up to three in a life. Real packages mostly keep theirs, but then a licence filter would only drop whole packages and
  // no bench would see what rewriting a part of one costs.
  const licences = Array.from({ length: 1 + random.below(3) }, () => drawLicence(random));
  const begin_ms = firstDay_ms + random.skewed([0, 0.1, 0.3, 0.5, 0.7, 0.9], 1.5) * (lastDay_ms - firstDay_ms);
  const step_ms = (lastDay_ms - begin_ms) / versions.length;
  return {
    build: (index) => {
      const at = Math.floor(index / perVersion);
      const age = (at + 1) / versions.length;
      const own = randomOf(seed, 2, place, index);
      // Requirements move every few versions, so most neighbours share theirs, as real ones do.
      const shared = randomOf(seed, 3, place, at >> 3);
      const buildNumber = own.skewed([0, 0, 0, 1, 1, 2, 3, 4], 1.5);
      const flavour = flavourOf(package_, age, index % perVersion);
      return {
        version: versions[at]!,
        build: `${flavour.prefix}h${hexWords(own, 1).slice(0, 7)}_${buildNumber}`,
        buildNumber,
        licence: licences[Math.floor((at * licences.length) / versions.length)]!,
        timestamp: own.chance(0.01) ? undefined : Math.floor(begin_ms + step_ms * at + own.below(step_ms)),
        depends: [...requires.map((name) => requirement(shared, name)), ...flavour.depends].sort(),
        constrains: shared.chance(0.12) ? [requirement(shared, random.skewed(names).name)] : [],
      };
    },
  };
}

/** Rising versions, most of three numbers, some by the calendar, a few release candidates. */
function makeVersions(random: Random, count: number): string[] {
  const isCalendar = random.chance(0.1);
  let major = isCalendar ? 2016 : random.below(3);
  let minor = isCalendar ? 1 : random.below(4);
  let patch = 0;
  return Array.from({ length: count }, () => {
    const dice = random.below(10);
    if (dice === 0) [major, minor, patch] = [major + 1, isCalendar ? 1 : 0, 0];
    else if (dice < 5) [minor, patch] = [minor + 1, 0];
    else patch++;
    const isCandidate = random.chance(0.015);
    return `${major}.${minor}.${patch}${isCandidate ? 'rc1' : ''}`;
  });
}

/** What a build is for: an interpreter of its age. */
function flavourOf({ kind }: SyntheticName, age: number, index: number): { prefix: string; depends: string[] } {
  if (kind === 'python') {
    const [tag, version] = pythons[Math.min(pythons.length - 1, Math.floor(age * 4) + index)]!;
    const below = `${nextMinor(version)}.0a0`;
    return { prefix: `py${tag}`, depends: [`python >=${version},<${below}`, `python_abi ${version}.* *_cp${tag}`] };
  }
  if (kind === 'r') {
    const [tag, version] = rVersions[Math.min(rVersions.length - 1, Math.floor(age * 3) + index)]!;
    return { prefix: `r${tag}`, depends: [`r-base >=${version},<${nextMinor(version)}.0a0`] };
  }
  return { prefix: '', depends: [`__glibc >=2.17,<3.0.a0`, `libgcc-ng >=${9 + Math.floor(age * 5)}`] };
}

function nextMinor(version: string): string {
  const [major, minor] = version.split('.') as [string, string];
  return `${major}.${Number(minor) + 1}`;
}

function requirement(random: Random, name: string): string {
  const major = random.below(9);
  const minor = random.below(20);
  const form = random.below(10);
  if (form < 3) return name;
  if (form < 6) return `${name} >=${major}.${minor}.${random.below(10)},<${major + 1}.0a0`;
  return form < 9 ? `${name} >=${major}.${minor}` : `${name} ${major}.${minor}.*`;
}
