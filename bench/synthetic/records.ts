import { makeBuilds, type SyntheticBuild } from './builds.ts';
import { changedBuild, changeOf, rebuilt } from './edition.ts';
import type { SyntheticLicence } from './licences.ts';
import { makeNames, type SyntheticName } from './names.ts';
import { hexWords, type Random, randomOf } from './random.ts';
import { shareOut } from './shares.ts';

/** Which channel to invent. The same parameters make the same bytes. */
export interface SyntheticParams {
  readonly records: number;
  readonly names: number;
  readonly seed: number;
  /** linux-64 when left out. */
  readonly subdir?: string;
  /** 0 when left out; 1 is the same channel a while later: one record in a hundred was removed, changed or added. */
  readonly edition?: 0 | 1;
}

/** The size of conda-forge linux-64 in 2026. */
export const condaForgeSize = { records: 700_000, names: 25_000, seed: 1 } as const;

/** One file of the channel: the text of its record, and what a filter asks about it. */
export interface SyntheticRecord {
  readonly file: string;
  readonly name: string;
  readonly version: string;
  readonly licence: SyntheticLicence;
  readonly timestamp: number | undefined;
  readonly extension: '.tar.bz2' | '.conda';
  /** Whether the same build is there in the other format. */
  readonly hasTwin: boolean;
  /** As in repodata.json, compact; ASCII. */
  readonly text: string;
}

/** The names of the channel, sorted. */
export function syntheticNames({ seed, names }: SyntheticParams): SyntheticName[] {
  return makeNames(randomOf(seed, 0), names);
}

/** Every record in the order of the document: first all `.tar.bz2`, then all `.conda`, each by name and age. */
export function* syntheticRecords(params: SyntheticParams): Generator<SyntheticRecord, void, void> {
  const { seed, records } = params;
  const names = syntheticNames(params);
  const random = randomOf(seed, 4);
  const counts = shareOut(
    records,
    names.map(() => (1 - random.next() / 0x1_0000_0000) ** -0.62),
  );
  // The popular ones must not be those early in the alphabet.
  const popular = names
    .map((name) => ({ name, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ name }) => name);
  for (const extension of ['.tar.bz2', '.conda'] as const) {
    for (const [place, name] of names.entries()) {
      const count = counts[place]!;
      const end = count.old + count.both + count.new;
      const builds = makeBuilds(seed, place, name, end, popular);
      const isConda = extension === '.conda';
      for (let index = isConda ? count.old : 0; index < (isConda ? end : count.old + count.both); index++) {
        const build = builds.build(index);
        const change = changeOf(params, place, index);
        const hasTwin = index >= count.old && index < count.old + count.both;
        const record = (made: SyntheticBuild, salt: number, isTwin: boolean): SyntheticRecord => ({
          file: `${name.name}-${made.version}-${made.build}${extension}`,
          name: name.name,
          version: made.version,
          licence: made.licence,
          timestamp: made.timestamp,
          extension,
          hasTwin: isTwin,
          text: recordText(
            name.name,
            made,
            extension,
            params.subdir ?? 'linux-64',
            randomOf(seed, salt, place, index, extension.length),
          ),
        });
        if (change !== 'removed') yield record(change === 'changed' ? changedBuild(build) : build, 5, hasTwin);
        // In one format only, that in which the build before it came last.
        const isLast = index < count.old || isConda;
        if (change === 'added' && isLast) yield record(rebuilt(build, randomOf(seed, 8, place, index)), 9, false);
      }
    }
  }
}

/** Keys sorted and nothing blank, as conda-index writes them. */
function recordText(
  name: string,
  { version, build, buildNumber, timestamp, depends, constrains, licence: { license, family } }: SyntheticBuild,
  extension: SyntheticRecord['extension'],
  subdir: string,
  random: Random,
): string {
  const size = 4_000 + Math.floor(2 ** (random.below(2400) / 100 + 2));
  const isVeryOld = extension === '.tar.bz2' && random.chance(0.3);
  const md5 = hexWords(random, 4);
  const sha256 = hexWords(random, 8);
  return (
    `{${isVeryOld ? '"arch":"x86_64",' : ''}"build":"${build}","build_number":${buildNumber},` +
    `${constrains.length > 0 ? `"constrains":${texts(constrains)},` : ''}"depends":${texts(depends)},` +
    `${license ? `"license":"${license}",` : ''}${family ? `"license_family":"${family}",` : ''}` +
    `"md5":"${md5}","name":"${name}",${isVeryOld ? '"platform":"linux",' : ''}"sha256":"${sha256}","size":${size},` +
    `"subdir":"${subdir}",${timestamp === undefined ? '' : `"timestamp":${timestamp},`}"version":"${version}"}`
  );
}

function texts(items: readonly string[]): string {
  return items.length === 0 ? '[]' : `["${items.join('","')}"]`;
}
