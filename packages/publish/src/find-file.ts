import {
  type BlobRow,
  findBlob,
  findLatestRecords,
  findOlderRecords,
  findRecordDigest,
  type Part,
  publishedSince,
  type RecordVersion,
} from '@sluice/catalog';
import { condaFactsRow, type Decision, evaluate, type Facts, factsBuilder, hexAt } from '@sluice/policy';
import type { PublishDeps } from './deps.ts';
import type { RuledLayer } from './layers.ts';
import { signatureWord } from './select.ts';

/** A file that may be served: its record, and its bytes if they are local. Digests are lower-case hex, size in bytes. */
export interface ServedFile {
  status: 'served';
  layer: RuledLayer;
  part: Part;
  record: Pick<RecordVersion, 'file' | 'from_rev'>;
  expected: { sha256?: string; md5?: string; size?: number };
  blob: BlobRow | undefined;
  /** Of the newest publication that wrote down this version of the file: later than that of any version before it. */
  published_at: Date;
}

/**
 * The door's answer for one package file:
 *
 *     served   in a kept publication, and allowed by the rules in force now
 *     refused  known, but a rule denies it: the decision says which and why
 *     pending  known and allowed, but no kept publication lists it (the channel is frozen, or one is being made)
 *     deleted  was uploaded here once and then deleted
 *     absent   nothing here has that name
 */
export type FileAnswer =
  | ServedFile
  | { status: 'refused'; decision: Decision; layer: RuledLayer }
  | { status: 'pending' | 'deleted' | 'absent' };

/** Which file of a channel, and the layers and rules in force there now. */
export interface WantedFile {
  channelId: number;
  layers: readonly RuledLayer[];
  subdir: string;
  file: string;
}

/**
 * Judge a download: is this very version of the file in the head or any kept publication, and do the rules of its layer
 * allow it now?
 *
 * A layer may know a newer version than the one that is published (the channel is frozen, or a publication is being made).
 * Then the published one is served, which is the one that clients know the digest of; the rules must allow both.
 */
export async function findFile(deps: Pick<PublishDeps, 'db'>, wanted: WantedFile): Promise<FileAnswer> {
  let otherwise: FileAnswer | undefined;
  for (const layer of wanted.layers) {
    const answer = await askLayer(deps, wanted, layer);
    if (answer.status === 'served') return answer;
    // The uploads lie on top: what was deleted there may still be in a mirror below.
    if (answer.status !== 'absent') otherwise ??= answer;
  }
  return otherwise ?? { status: 'absent' };
}

async function askLayer(
  deps: Pick<PublishDeps, 'db'>,
  { channelId, subdir, file }: WantedFile,
  layer: RuledLayer,
): Promise<FileAnswer> {
  const part = { source_id: layer.source_id, subdir };
  const latest = await findLatestRecords(deps.db, part, [file, ...twinOf(file)], layer.revision);
  const record = latest.find((version) => version.file === file);
  if (!record) return { status: 'absent' };
  if (!layer.mirror && record.to_rev !== null) return { status: 'deleted' };
  const twin = latest.filter((version) => version.file !== file && isLive(version, layer.revision));
  const newest = factsOf(subdir, [record, ...twin]);
  const decision = evaluate(layer.rules, newest, 0);
  if (decision.verdict !== 'allow') return { status: 'refused', decision, layer };
  const shown = await publishedVersion(deps, channelId, part, layer, { record, facts: newest });
  if (!shown) return { status: 'pending' };
  const facts = shown.record === record ? newest : factsOf(subdir, [shown.record, ...twin]);
  const again = evaluate(layer.rules, facts, 0);
  if (again.verdict !== 'allow') return { status: 'refused', decision: again, layer };
  return {
    status: 'served',
    layer,
    part,
    record: { file, from_rev: shown.record.from_rev },
    published_at: shown.since,
    ...(await bytesOf(deps, part, shown.record, facts)),
  };
}

/** The `.conda` file that a legacy rule would prefer to this one. */
function twinOf(file: string): string[] {
  return file.endsWith('.tar.bz2') ? [`${file.slice(0, -'.tar.bz2'.length)}.conda`] : [];
}

function isLive(version: RecordVersion, revision: number): boolean {
  return version.to_rev === null || version.to_rev > revision;
}

function factsOf(subdir: string, records: readonly RecordVersion[]): Facts {
  const builder = factsBuilder('conda', subdir);
  for (const record of records) builder.add(condaFactsRow(record.file, record.body, record.from_rev));
  return builder.build();
}

/** Versions of one file that are looked through for the published one. */
const mostVersions = 100;

/** The newest version of a file that a kept publication lists. An upload has one: other bytes need it deleted first. */
async function publishedVersion(
  { db }: Pick<PublishDeps, 'db'>,
  channelId: number,
  part: Part,
  layer: RuledLayer,
  { record, facts }: { record: RecordVersion; facts: Facts },
): Promise<{ record: RecordVersion; since: Date } | undefined> {
  const key = `${part.subdir}/${facts.names[facts.name[0]!]!}`;
  const [since] = await publishedSince(db, channelId, key, [signatureWord(facts, 0)]);
  if (since) return { record, since };
  if (!layer.mirror) return undefined;
  const older = await findOlderRecords(db, part, record.file, record.from_rev, mostVersions);
  if (older.length === 0) return undefined;
  const versions = factsOf(part.subdir, older);
  const times = await publishedSince(
    db,
    channelId,
    key,
    older.map((_, i) => signatureWord(versions, i)),
  );
  const at = times.findIndex((time) => time !== undefined);
  return at < 0 ? undefined : { record: older[at]!, since: times[at]! };
}

async function bytesOf(
  deps: Pick<PublishDeps, 'db'>,
  part: Part,
  record: RecordVersion,
  facts: Facts,
): Promise<Pick<ServedFile, 'expected' | 'blob'>> {
  const sha256 = hexAt(facts.sha256, 32, 0);
  const md5 = hexAt(facts.md5, 16, 0);
  const size = facts.size[0]!;
  const expected = {
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(md5 === undefined ? {} : { md5 }),
    ...(Number.isNaN(size) ? {} : { size }),
  };
  const digest =
    sha256 === undefined
      ? await findRecordDigest(deps.db, part, record.file, record.from_rev)
      : facts.sha256.subarray(0, 32);
  return { expected, blob: digest && (await findBlob(deps.db, Buffer.from(digest))) };
}
