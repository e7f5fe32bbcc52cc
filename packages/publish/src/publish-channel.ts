import {
  type ChannelRow,
  type Db,
  findChannelById,
  headCounts,
  headIndexes,
  insertBlobs,
  insertPublication,
  keepShardsToSource,
  lockChannel,
  notifyChanged,
  type PublicationInput,
  placeBlobs,
  recordEvent,
  recountHead,
  setJudged,
  withFreeLock,
} from '@sluice/catalog';
import { bytesToHex, parseSha256, sha256ToBytes } from '@sluice/formats/digest';
import { packageTypeOf } from '@sluice/formats/package';
import type { PublishDeps } from './deps.ts';
import { followBelow } from './follow-below.ts';
import { nextTotals } from './head-totals.ts';
import { type Judged, judgedFrom, readJudged } from './judged.ts';
import { type PublishedLayer, publishedLayers } from './layers.ts';
import { noteConflicts } from './note-conflicts.ts';
import { patchesAt } from './patches.ts';
import { planSubdir, type SubdirPlan } from './plan-subdir.ts';
import { namesAbove } from './tiers.ts';
import type { Touched } from './touched.ts';
import { createNeededChanges } from './touched-by-needed.ts';
import { touchedNames } from './touched-names.ts';
import { unsoundEntries } from './unsound-blobs.ts';

/** What a publication changed. */
export interface Published {
  no: number;
  /** Records that came and went. */
  added: number;
  removed: number;
  /** Package files that are shown now. */
  files: number;
  /** Shards that were made, and those that are listed again or handed on from an upstream. */
  shards_written: number;
  shards_reused: number;
  indexes_written: number;
  /** Entries that are other than before, indexes among them. */
  changed: number;
  /** Shards and indexes that are as before and whose bytes were stored again; absent for none. */
  mended?: number;
  /** Keys of new shards that conda before 26.7 refuses, since they are 16 MiB or more before compression. */
  oversized: string[];
}

/**
 * What came of publishing. `unchanged`: the head already shows all there is. `busy`: another is being made; ask again.
 * `early`: the last one was a moment ago; ask again at that time.
 */
export type PublishOutcome =
  | ({ status: 'published' } & Published)
  | { status: 'unchanged'; mended?: number }
  | { status: 'frozen' | 'missing' | 'busy' }
  | { status: 'early'; until: Date };

/** How to publish; for none of them as usual. */
export interface PublishOptions {
  /**
   * `scratch`: judge everything by the records themselves and make every shard anew, then publish what differs. It differs
   * only where something went wrong. Shards and indexes of the head whose bytes were lost are stored again.
   */
  from?: 'scratch';
  /** Who caused it, as the publication will say. */
  actor?: string | null;
  /** So many ms must have passed since the last publication. */
  spacing_ms?: number;
}

/**
 * Bring a channel's head up to what its layers and rules say now.
 *
 * Under the channel's lock: find the package names that may show something else than before, judge them, write their shards
 * and the indexes of their subdirs, then one transaction moves the head. Until it commits, readers see the publication
 * before; after a crash nothing has happened but some blobs without a row.
 */
export async function publishChannel(
  deps: PublishDeps,
  channelId: number,
  cause: string,
  options: PublishOptions = {},
): Promise<PublishOutcome> {
  // Not waiting: a large publication takes a while, and those that wait for it would keep all workers from other work.
  const outcome = await withFreeLock(deps.pool, 'channel', channelId, async ({ db }): Promise<PublishOutcome> => {
    const channel = await findChannelById(db, channelId);
    if (!channel) return { status: 'missing' };
    if (channel.frozen) return { status: 'frozen' };
    const layers = await publishedLayers(db, channel, deps.neededFiles);
    const judged = judgedFrom(channel, layers);
    const text = JSON.stringify(judged);
    if (text === channel.judged && options.from !== 'scratch') return { status: 'unchanged' };
    const until = await earliest({ ...deps, db }, channel, options.spacing_ms ?? 0);
    if (until) return { status: 'early', until };
    const draft = await planPublication(deps, channel, layers, judged, options.from === 'scratch');
    const no = channel.head_no + 1;
    const now = deps.now();
    return db.transaction().execute(async (trx) => {
      // Judging takes a while: whoever froze or deleted the channel meanwhile was promised that its head stays.
      const current = await lockChannel(trx, channelId, 'change');
      if (!current) return { status: 'missing' };
      if (current.frozen) return { status: 'frozen' };
      // A rollback that was unfrozen at once.
      if (current.head_no !== channel.head_no) return { status: 'busy' };
      await setJudged(trx, channelId, text);
      const { plans, inputs, totals } = draft;
      const mended = await noteMended(trx, channelId, draft);
      const [put, drop] = [plans.flatMap((plan) => plan.put), plans.flatMap((plan) => plan.drop)];
      await noteConflicts(trx, channel, plans, now);
      if (put.length + drop.length === 0) {
        if (options.from === 'scratch') await recountHead(trx, channelId);
        return { status: 'unchanged', ...mended };
      }
      const sum = (count: (plan: SubdirPlan) => number) => plans.reduce((all, plan) => all + count(plan), 0);
      const [added, removed] = [sum((plan) => plan.added), sum((plan) => plan.removed)];
      await insertBlobs(
        trx,
        plans.flatMap((plan) => plan.blobs),
        now,
      );
      const change = {
        cause,
        actor: options.actor ?? null,
        inputs,
        patch_rev: judged.patch_rev,
        added,
        removed,
        ...totals,
        put,
        drop,
      };
      await insertPublication(trx, channelId, no, change, now);
      if (options.from === 'scratch') await recountHead(trx, channelId);
      await recordEvent(trx, {
        at: now,
        actor: options.actor ?? 'system',
        action: 'channel_published',
        channel: current.path,
        subject: current.path,
        data: { publication: no, cause, added, removed, files: totals.files },
      });
      await followBelow(trx, channelId);
      await notifyChanged(trx, 'head', channelId);
      return {
        status: 'published',
        no,
        added,
        removed,
        files: totals.files,
        shards_written: sum((plan) => plan.shards_written),
        shards_reused: sum((plan) => plan.shards_reused),
        indexes_written: sum((plan) => plan.indexes_written),
        changed: put.length + drop.length,
        oversized: plans.flatMap((plan) => plan.oversized),
        ...mended,
      };
    });
  });
  return outcome ?? { status: 'busy' };
}

/** When a channel may be published next, if that is not now. */
async function earliest(
  { db, now }: Pick<PublishDeps, 'db' | 'now'>,
  { id, head_no }: ChannelRow,
  spacing_ms: number,
): Promise<Date | undefined> {
  const head = spacing_ms > 0 ? await headCounts(db, id, head_no) : undefined;
  const until = head && new Date(head.created_at.getTime() + spacing_ms);
  // A clock that was set back must not stop a channel.
  const wait = until ? until.getTime() - now().getTime() : 0;
  return wait > 0 && wait <= spacing_ms ? until : undefined;
}

/** Judge what is touched, and make its shards durable. */
async function planPublication(
  deps: PublishDeps,
  channel: ChannelRow,
  layers: readonly PublishedLayer[],
  after: Judged,
  anew: boolean,
) {
  const indexes = new Map((await headIndexes(deps.db, channel.id)).map((index) => [index.subdir, index]));
  const shown = [...indexes.keys()];
  const before = anew ? undefined : readJudged(channel.judged);
  const touched = await touchedNames(deps.db, channel.id, { before, after, shown }, createNeededChanges(deps));
  const unsound = anew ? await unsoundEntries(deps, channel.id, channel.head_no) : undefined;
  const patches = await patchesAt(deps.db, channel.id, after.patch_rev);
  const from = anew ? ('records' as const) : ('columns' as const);
  const plans: SubdirPlan[] = [];
  const readingOf = async (part: string) => ({ patch: await patches.of(part), from });
  for (const [type, parts] of Map.groupBy(touched.list(), ({ subdir }) => packageTypeOf(subdir))) {
    const above = await namesAbove(deps, layers, type, allTouched(parts), readingOf);
    for (const { subdir, touched: names } of parts) {
      const scope = { subdir, touched: names, ...(await readingOf(subdir)) };
      const state = { ...scope, channelId: channel.id, layers, above, index: indexes.get(subdir), anew, unsound };
      plans.push(await planSubdir(deps, state));
    }
  }
  deps.onRegenerated?.(
    'shard',
    plans.reduce((sum, plan) => sum + plan.shards_written, 0),
  );
  deps.onRegenerated?.(
    'index',
    plans.reduce((sum, plan) => sum + plan.indexes_written, 0),
  );
  const inputs = layers.map(inputOf);
  return { plans, inputs, totals: await nextTotals(deps.db, channel, shown, plans), unsound };
}

/** Say where bytes that were lost lie again. An upstream's shard that could not be made again is handed on no more. */
async function noteMended(
  trx: Db,
  channelId: number,
  { plans, unsound }: { plans: readonly SubdirPlan[]; unsound: ReadonlySet<string> | undefined },
): Promise<{ mended?: number }> {
  if (!unsound || unsound.size === 0) return {};
  const mended = plans.flatMap((plan) => plan.mended);
  await placeBlobs(trx, mended);
  const lost = new Set(unsound);
  for (const { sha256 } of mended) lost.delete(bytesToHex(sha256));
  await keepShardsToSource(trx, [...lost].map(parseSha256).map(sha256ToBytes));
  await notifyChanged(trx, 'head', channelId);
  return mended.length > 0 ? { mended: mended.length } : {};
}

function allTouched(parts: readonly { touched: Touched }[]): Touched {
  const names = new Set<string>();
  for (const { touched } of parts) {
    if (touched === 'all') return 'all';
    for (const name of touched) names.add(name);
  }
  return names;
}

function inputOf({ layer, source_id, revision, shownBy }: PublishedLayer): PublicationInput {
  const patches = shownBy?.patches ?? [];
  return { layer, source_id, revision, ...(patches.length > 0 && { patches: [...patches] }) };
}
