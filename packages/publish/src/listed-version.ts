import { findOlderRecords, listedSince, type Part, type RecordVersion } from '@sluice/catalog';
import { addRecords, type Facts, factsBuilder } from '@sluice/policy';
import type { PublishDeps } from './deps.ts';
import { signatureWord } from './select.ts';

/** A version of a file that a publication lists. */
export interface ListedVersion {
  record: RecordVersion;
  /** Of the first kept publication that has it since. */
  since: Date;
}

/** Versions of one file that are looked through for the listed one. */
const mostVersions = 100;

/**
 * Which version of a file is listed, by the words in the shard's signature, so that no shard is read.
 *
 * @param asked `at`: by that publication; without it by any that is kept, and the newest version counts.
 * @param record the newest version; those before it are looked at as well when `olderToo`.
 */
export async function listedVersion(
  { db }: Pick<PublishDeps, 'db'>,
  asked: { channelId: number; at?: number },
  part: Part,
  record: RecordVersion,
  { olderToo }: { olderToo: boolean },
): Promise<ListedVersion | undefined> {
  const found = await firstListed(db, asked, part, [record]);
  if (found || !olderToo) return found;
  return firstListed(db, asked, part, await findOlderRecords(db, part, record.file, record.from_rev, mostVersions));
}

async function firstListed(
  db: PublishDeps['db'],
  { channelId, at }: { channelId: number; at?: number },
  { subdir }: Part,
  versions: readonly RecordVersion[],
): Promise<ListedVersion | undefined> {
  if (versions.length === 0) return undefined;
  const facts = versionFacts(subdir, versions);
  const words = versions.map((_, i) => signatureWord(facts, i));
  const times = await listedSince(db, channelId, `${subdir}/${nameIn(facts)}`, words, at);
  const i = times.findIndex((time) => time !== undefined);
  return i < 0 ? undefined : { record: versions[i]!, since: times[i]! };
}

/** The facts of some versions, row i of `versions[i]`, as rules and signatures see them. */
export function versionFacts(subdir: string, versions: readonly RecordVersion[]): Facts {
  const builder = factsBuilder('conda', subdir);
  addRecords(builder, versions);
  return builder.build();
}

/** The package name of the first row. */
export function nameIn(facts: Facts): string {
  return facts.names[facts.name[0]!]!;
}

/** The `.conda` file that a legacy rule would prefer to this one. */
export function twinOf(file: string): string[] {
  return file.endsWith('.tar.bz2') ? [`${file.slice(0, -'.tar.bz2'.length)}.conda`] : [];
}
