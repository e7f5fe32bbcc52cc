import {
  type BlobRow,
  type FileRemoval,
  findBlob,
  findLatestRecords,
  findPublication,
  findRecordDigest,
  findRemovals,
  type Part,
  type RecordVersion,
} from '@sluice/catalog';
import { type Decision, evaluate, type Facts, hexAt } from '@sluice/policy';
import type { PublishDeps } from './deps.ts';
import type { RuledLayer } from './layers.ts';
import { listedVersion, nameIn, patchedVersion, twinOf, versionFacts } from './listed-version.ts';
import { type SubdirPatches, subdirPatches } from './patches.ts';

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
 *     served    listed where it is asked for, and allowed by the rules in force now
 *     refused   listed or known, but a rule denies it: the decision says which and why
 *     pending   of the head: known and allowed, but no kept publication lists it (the channel is frozen, or one is being made)
 *     unlisted  of the past: that publication does not list it
 *     gone      of the past: listed, from a source that no layer of the channel shows any more, so no rule speaks for it
 *     deleted   was uploaded here once and then deleted; `by` says who did, if that is known
 *     absent    nothing here has that name
 */
export type FileAnswer =
  | ServedFile
  | { status: 'refused'; decision: Decision; layer: RuledLayer }
  | { status: 'deleted'; by: FileRemoval | undefined }
  | { status: 'pending' | 'unlisted' | 'gone' | 'absent' };

/** Which file of a channel, and the layers and rules in force there now. */
export interface WantedFile {
  channelId: number;
  layers: readonly RuledLayer[];
  subdir: string;
  file: string;
  /** The kept publication it is asked of; without it the head, which means any that is kept. */
  at?: number;
}

/**
 * Judge a download: does the publication in question list this very version of the file, and do the rules of its layer
 * allow it now?
 *
 * A layer may know a newer version than the one that is listed (the past, a frozen channel, a publication being made). Then
 * the listed one is served, which is the one that clients know the digest of; the rules must allow both. Rules see records as
 * the channel's patches show them. A file that patches remove is out of the index; who knows it from before still gets it.
 */
export async function findFile(deps: Pick<PublishDeps, 'db'>, wanted: WantedFile): Promise<FileAnswer> {
  const patches = await subdirPatches(deps.db, wanted.channelId, wanted.subdir, wanted.at);
  let otherwise: FileAnswer = { status: 'absent' };
  for (const layer of wanted.layers) {
    const answer = await askLayer(deps, wanted, layer, patches);
    if (answer.status === 'served') return answer;
    // The uploads lie on top: what was deleted there may still be in a mirror below.
    if (otherwise.status === 'absent' || otherwise.status === 'unlisted') otherwise = answer;
  }
  const unknown = otherwise.status === 'absent' || otherwise.status === 'unlisted';
  if (wanted.at === undefined || !unknown) return otherwise;
  return { status: (await isOfGoneLayer(deps, wanted, wanted.at, patches)) ? 'gone' : 'unlisted' };
}

async function askLayer(
  deps: Pick<PublishDeps, 'db'>,
  wanted: WantedFile,
  layer: RuledLayer,
  patches: SubdirPatches,
): Promise<FileAnswer> {
  const { subdir, file, at } = wanted;
  const part = { source_id: layer.source_id, subdir };
  const latest = await findLatestRecords(deps.db, part, [file, ...twinOf(file)], layer.revision);
  const record = latest.find((version) => version.file === file);
  if (!record) return { status: 'absent' };
  const isDeleted = (version: RecordVersion) => !layer.mirror && version.to_rev !== null;
  const twin = latest
    .filter((version) => version.file !== file && isLive(version, layer.revision))
    .flatMap((version) => patchedVersion(patches.inForce, version) ?? []);
  const newest = versionFacts(subdir, [patchedVersion(patches.inForce, record) ?? record, ...twin]);
  if (at === undefined && isDeleted(record)) return deletion(deps, wanted, newest);
  const decision = evaluate(layer.rules, newest, 0);
  if (at === undefined && decision.verdict !== 'allow') return { status: 'refused', decision, layer };
  // An upload has one version until it is deleted; the head never shows one before that.
  const olderToo = at !== undefined || layer.mirror !== null;
  const listed = await listedVersion(deps, wanted, part, patches, record, { olderToo });
  if (!listed) return { status: at === undefined ? 'pending' : 'unlisted' };
  if (isDeleted(listed.record)) return deletion(deps, wanted, newest);
  if (decision.verdict !== 'allow') return { status: 'refused', decision, layer };
  const facts = versionFacts(subdir, [listed.record, ...twin]);
  const again = evaluate(layer.rules, facts, 0);
  if (again.verdict !== 'allow') return { status: 'refused', decision: again, layer };
  return {
    status: 'served',
    layer,
    part,
    record: { file, from_rev: listed.record.from_rev },
    published_at: listed.since,
    ...(await bytesOf(deps, part, listed.record, facts)),
  };
}

async function deletion(
  { db }: Pick<PublishDeps, 'db'>,
  { channelId, subdir, file }: WantedFile,
  facts: Facts,
): Promise<FileAnswer> {
  const key = `${subdir}/${file}`;
  return { status: 'deleted', by: (await findRemovals(db, channelId, [{ key, name: nameIn(facts) }])).get(key) };
}

/** Whether a publication lists the file from a source that is in none of today's layers: its mirror was removed or moved. */
async function isOfGoneLayer(
  deps: Pick<PublishDeps, 'db'>,
  wanted: WantedFile,
  at: number,
  patches: SubdirPatches,
): Promise<boolean> {
  const { channelId, layers, subdir, file } = wanted;
  const inputs = (await findPublication(deps.db, channelId, at))?.inputs ?? [];
  for (const { source_id, revision } of inputs) {
    if (layers.some((layer) => layer.source_id === source_id)) continue;
    const part = { source_id, subdir };
    const [record] = await findLatestRecords(deps.db, part, [file], revision);
    if (record && (await listedVersion(deps, wanted, part, patches, record, { olderToo: false }))) return true;
  }
  return false;
}

function isLive(version: RecordVersion, revision: number): boolean {
  return version.to_rev === null || version.to_rev > revision;
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
