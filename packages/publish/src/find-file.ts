import {
  type BlobRow,
  type FileRemoval,
  findBlob,
  findChannelById,
  findLatestRecords,
  findPublication,
  findRecordDigest,
  findRemovals,
  type Part,
  type RecordVersion,
} from '@sluice/catalog';
import { packageNameOf, packageTypeOf, pythonPart } from '@sluice/formats/package';
import { type Decision, type Facts, hexAt } from '@sluice/policy';
import { isContinued } from './continued.ts';
import type { PublishDeps, ReadingDeps } from './deps.ts';
import { isHiddenAbove } from './hidden-above.ts';
import { judge, judgeThrough, type Level, levelsOf, seenThrough } from './layer-levels.ts';
import type { RuledLayer } from './layers.ts';
import { type ListedVersion, listedVersion, nameIn, twinOf, versionFacts } from './listed-version.ts';
import { subdirPatches } from './patches.ts';

/** A file that may be served: its record, and its bytes if they are local. Digests are lower-case hex, size in bytes. */
export interface ServedFile {
  status: 'served';
  layer: RuledLayer;
  part: Part;
  record: Pick<RecordVersion, 'file' | 'from_rev'>;
  expected: { sha256?: string; md5?: string; size?: number };
  blob: BlobRow | undefined;
  /** Whether the head lists this very version. */
  in_head: boolean;
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
 *     hidden    of the head: a tier above shows packages of that name, which hides the name in this one
 *     deleted   was uploaded here once and then deleted; `by` says who did, if that is known
 *     absent    nothing here has that name
 */
export type FileAnswer =
  | ServedFile
  | { status: 'refused'; decision: Decision; layer: RuledLayer; isBelow: boolean }
  | { status: 'deleted'; by: FileRemoval | undefined }
  | { status: 'hidden' | 'pending' | 'unlisted' | 'gone' | 'absent' };

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
 * allow it now? Of a channel below, that one's rules as well, and those of all it is seen through.
 *
 * A layer may know a newer version than the one that is listed (the past, a frozen channel, a publication being made). Then
 * the listed one is served, which is the one that clients know the digest of; the rules must allow both. Rules see records as
 * the channel's patches show them. A file that patches remove is out of the index; who knows it from before still gets it.
 *
 * Of the head, the version that it lists goes before one that only an older publication has: two layers may have had the file with
 * different bytes.
 */
export async function findFile(deps: ReadingDeps, wanted: WantedFile): Promise<FileAnswer> {
  let otherwise: FileAnswer = { status: 'absent' };
  let older: ServedFile | undefined;
  for (const layer of wanted.layers) {
    const answer = await askLayer(deps, wanted, layer);
    if (answer.status === 'served') {
      if (answer.in_head || wanted.at !== undefined) return answer;
      older ??= answer;
      continue;
    }
    // The uploads lie on top: what was deleted there may still be in a mirror below.
    if (otherwise.status === 'absent' || otherwise.status === 'unlisted') otherwise = answer;
  }
  if (older) return older;
  const unknown = otherwise.status === 'absent' || otherwise.status === 'unlisted';
  if (wanted.at === undefined || !unknown) return otherwise;
  return { status: (await isOfGoneLayer(deps, wanted, wanted.at)) ? 'gone' : 'unlisted' };
}

async function askLayer(deps: ReadingDeps, wanted: WantedFile, layer: RuledLayer): Promise<FileAnswer> {
  const { subdir, file, at } = wanted;
  const part = { source_id: layer.source_id, subdir };
  const latest = await findLatestRecords(deps.db, part, [file, ...twinOf(file)], layer.revision);
  const record = latest.find((version) => version.file === file);
  if (!record) return { status: 'absent' };
  const levels = await levelsOf(deps.db, wanted, layer);
  const isDeleted = (version: RecordVersion) => !layer.mirror && version.to_rev !== null;
  const deleted = () => deletion(deps, { ...wanted, channelId: levels[0]!.channelId }, record);
  const twin = latest.filter((version) => version.file !== file && isLive(version, layer.revision));
  if (at === undefined && isDeleted(record)) return deleted();
  const newest = judgeThrough(levels, subdir, record, twin);
  if (at === undefined) {
    if (newest.decision.verdict !== 'allow') return refused(levels, newest);
    if (await isHidden(deps, levels, part, record)) return { status: 'hidden' };
  }
  // An upload has one version until it is deleted, unless it is one that can be yanked; the head never shows one before that.
  const olderToo = at !== undefined || layer.mirror !== null || subdir === pythonPart;
  const patches = levels.map((level) => level.patches);
  const listed = await listedVersion(deps, wanted, part, patches, record, { olderToo });
  if (!listed) return { status: at === undefined ? 'pending' : 'unlisted' };
  if (isDeleted(listed.version) && !(await isContinued(deps, part, listed.version, record))) return deleted();
  if (newest.decision.verdict !== 'allow') return refused(levels, newest);
  const again = judgeListed(levels, subdir, listed, twin);
  if (again.decision.verdict !== 'allow') return refused(levels, again);
  return {
    status: 'served',
    layer,
    part,
    record: { file, from_rev: listed.version.from_rev },
    in_head: listed.in_head,
    published_at: listed.since,
    ...(await bytesOf(deps, part, listed.record, versionFacts(subdir, [listed.record]))),
  };
}

type Judgement = ReturnType<typeof judgeThrough>;

/** The listed version, which the uppermost channel judges as it is listed and those below as they see it now. */
function judgeListed(
  levels: readonly Level[],
  subdir: string,
  { record, version }: ListedVersion,
  twin: readonly RecordVersion[],
): Judgement {
  const top = levels.at(-1)!;
  const below = levels.slice(0, -1);
  const lower = below.length > 0 ? judgeThrough(below, subdir, version, twin) : undefined;
  if (lower && lower.decision.verdict !== 'allow') return lower;
  return { decision: judge(top.layer.rules, subdir, [record, ...seenThrough(levels, twin)]), level: top };
}

function refused(levels: readonly Level[], { decision, level }: Judgement): FileAnswer {
  return { status: 'refused', decision, layer: level.layer, isBelow: level !== levels.at(-1) };
}

/**
 * Whether any of the channels it is seen through hides the package name. What its head lists it does not hide: where that
 * stays behind, being made or frozen, what is above is not shown either.
 */
async function isHidden(
  deps: ReadingDeps,
  levels: readonly Level[],
  part: Part,
  record: RecordVersion,
): Promise<boolean> {
  const name = packageNameOf(packageTypeOf(part.subdir), record.file);
  for (const [k, level] of levels.entries()) {
    if (!(await isHiddenAbove(deps, level, part.subdir, name))) continue;
    const head = await findChannelById(deps.db, level.channelId);
    const asked = { channelId: level.channelId, at: head?.head_no ?? 0 };
    const patches = levels.slice(0, k + 1).map((through) => through.patches);
    if (!(await listedVersion(deps, asked, part, patches, record, { olderToo: true }))) return true;
  }
  return false;
}

async function deletion(
  { db }: Pick<PublishDeps, 'db'>,
  { channelId, subdir, file }: WantedFile,
  record: RecordVersion,
): Promise<FileAnswer> {
  const key = `${subdir}/${file}`;
  const name = nameIn(versionFacts(subdir, [record]));
  return { status: 'deleted', by: (await findRemovals(db, channelId, [{ key, name }])).get(key) };
}

/**
 * Whether a publication lists the file from a source that is in none of today's layers: its mirror was removed or moved, or the
 * channel below that brought it.
 */
async function isOfGoneLayer(deps: Pick<PublishDeps, 'db'>, wanted: WantedFile, at: number): Promise<boolean> {
  const { channelId, layers, subdir, file } = wanted;
  const inputs = (await findPublication(deps.db, channelId, at))?.inputs ?? [];
  for (const { source_id, revision, patches = [] } of inputs) {
    if (layers.some((layer) => layer.source_id === source_id)) continue;
    const part = { source_id, subdir };
    const [record] = await findLatestRecords(deps.db, part, [file], revision);
    if (!record) continue;
    const seen = await Promise.all([
      ...patches.map(({ channel_id }) => subdirPatches(deps.db, { channelId: channel_id }, subdir, { channelId, at })),
      subdirPatches(deps.db, { channelId, at }, subdir),
    ]);
    if (await listedVersion(deps, wanted, part, seen, record, { olderToo: false })) return true;
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
  const sha256 = hexAt(facts.digests, 'sha256', 0);
  const md5 = hexAt(facts.digests, 'md5', 0);
  const size = facts.size[0]!;
  const expected = {
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(md5 === undefined ? {} : { md5 }),
    ...(Number.isNaN(size) ? {} : { size }),
  };
  const digest = facts.digests.sha256(0) ?? (await findRecordDigest(deps.db, part, record.file, record.from_rev));
  return { expected, blob: digest && (await findBlob(deps.db, Buffer.from(digest))) };
}
