import type { SyntheticBuild } from './builds.ts';
import { hexWords, type Random, randomOf } from './random.ts';
import type { SyntheticParams } from './records.ts';

/** What became of a build from one edition to the next; in edition 0 nothing has. */
export type BuildChange = 'none' | 'removed' | 'changed' | 'added';

const one: readonly BuildChange[] = ['removed', 'changed', 'added'];

/** One build in a hundred, spread evenly: a third each was removed, has other metadata, was built once more. */
export function changeOf({ seed, edition }: SyntheticParams, place: number, index: number): BuildChange {
  return edition === 1 ? (one[randomOf(seed, 7, place, index).below(300)] ?? 'none') : 'none';
}

/** The same file with other metadata, as a repodata patch makes it. */
export function changedBuild(build: SyntheticBuild): SyntheticBuild {
  return { ...build, depends: [...build.depends, 'zz-hotfix >=1'] };
}

/** The next build of the same version. */
export function rebuilt(build: SyntheticBuild, random: Random): SyntheticBuild {
  return { ...build, build: build.build.replace(/h[0-9a-f]{7}_/, `h${hexWords(random, 1).slice(0, 7)}_`) };
}
