import { findOlderRecords, listedSince, type Part, type RecordVersion } from '@sluice/catalog';
import type { PatchInstructions } from '@sluice/formats/conda';
import { addRecords, type Facts, factsBuilder } from '@sluice/policy';
import type { PublishDeps } from './deps.ts';
import type { SubdirPatches } from './patches.ts';
import { signatureWord } from './select.ts';
import { patchedText } from './shown-text.ts';

/** A version of a file that a publication lists. */
export interface ListedVersion {
  /** Its text as it is listed there. */
  record: RecordVersion;
  /** As it came. */
  version: RecordVersion;
  /** Of the first kept publication that has it since. */
  since: Date;
  in_head: boolean;
}

/** Versions of one file that are looked through for the listed one. */
const mostVersions = 100;

/**
 * Which version of a file is listed, by the words in the shard's signature, so that no shard is read.
 *
 * @param asked `at`: by that publication; without it by any that is kept: the version that the head lists, else the newest.
 * @param patches of the channels it is seen through, for that subdir: it may be listed as any of them left it.
 * @param record the newest version; those before it are looked at as well when `olderToo`.
 */
export async function listedVersion(
  { db }: Pick<PublishDeps, 'db'>,
  asked: { channelId: number; at?: number },
  part: Part,
  patches: readonly SubdirPatches[],
  record: RecordVersion,
  { olderToo }: { olderToo: boolean },
): Promise<ListedVersion | undefined> {
  // As the patches in force show it: so nearly every file that is asked for is listed.
  let seen: RecordVersion | undefined = record;
  for (const { inForce } of patches) seen = seen && patchedVersion(inForce, seen);
  const found = seen && (await firstListed(db, asked, part, [{ record: seen, version: record }]));
  if (found && (found.in_head || asked.at !== undefined || !olderToo)) return found;
  const older = olderToo ? await findOlderRecords(db, part, record.file, record.from_rev, mostVersions) : [];
  const listed = await firstListed(db, asked, part, await variants([record, ...older], patches));
  return listed?.in_head ? listed : (found ?? listed);
}

type Variant = Pick<ListedVersion, 'record' | 'version'>;

/** The versions as each of the patches shows them, and as they came: one version after the other. */
async function variants(versions: readonly RecordVersion[], patches: readonly SubdirPatches[]): Promise<Variant[]> {
  let seen = versions.map((version) => [version]);
  for (const { inForce, earlier } of patches) {
    const shown = seen.map((some) => some.flatMap((one) => shownBy(inForce, one)));
    for await (const patch of earlier()) {
      seen.forEach((some, i) => void shown[i]!.push(...some.flatMap((one) => shownBy(patch, one))));
    }
    seen = seen.map((some, i) => [...new Set([...shown[i]!, ...some])]);
  }
  return seen.flatMap((some, i) => some.map((record) => ({ record, version: versions[i]! })));
}

function shownBy(patch: PatchInstructions | undefined, version: RecordVersion): RecordVersion[] {
  const shown = patchedVersion(patch, version);
  return shown ? [shown] : [];
}

/** A version as the patches show it; itself when they do not name it, undefined when they remove it. */
export function patchedVersion(
  patch: PatchInstructions | undefined,
  version: RecordVersion,
): RecordVersion | undefined {
  const shown = patchedText(patch, version);
  if (!shown) return undefined;
  const isSame = shown.body === version.body && shown.extra === version.extra;
  return isSame ? version : { ...version, ...shown };
}

async function firstListed(
  db: PublishDeps['db'],
  { channelId, at }: { channelId: number; at?: number },
  { subdir }: Part,
  seen: readonly Variant[],
): Promise<ListedVersion | undefined> {
  if (seen.length === 0) return undefined;
  const facts = versionFacts(
    subdir,
    seen.map(({ record }) => record),
  );
  const words = seen.map((_, i) => signatureWord(facts, i));
  const times = await listedSince(db, channelId, `${subdir}/${nameIn(facts)}`, words, at);
  // What the head lists is what clients know the digest of now.
  const inHead = times.findIndex((time) => time?.in_head);
  const i = inHead < 0 ? times.findIndex((time) => time !== undefined) : inHead;
  return i < 0 ? undefined : { ...seen[i]!, ...times[i]! };
}

/** The facts of some versions, row i of `versions[i]`, as rules and signatures see them. */
export function versionFacts(subdir: string, versions: readonly RecordVersion[]): Facts {
  const builder = factsBuilder(subdir);
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
