import {
  type BlobRow,
  type ChannelRow,
  type EntryRow,
  entrySubdirs,
  findChannelById,
  insertBlobs,
  insertPublication,
  liveEntries,
  lockChannel,
  notifyChanged,
  type PublicationChange,
  setJudged,
  withFreeLock,
} from '@sluice/catalog';
import { type ChannelSummary, channelSummary } from './conda/channel-summary.ts';
import { buildChanneldata } from './conda/channeldata.ts';
import { buildSubdirDocuments, type Document } from './conda/documents.ts';
import { buildShards, type TouchedName } from './conda/shards.ts';
import type { PublishDeps } from './deps.ts';
import { type RuledLayer, ruledLayers } from './layers.ts';
import { shownNames, signatureDifference, signatureOf } from './select.ts';
import { channelSubdirs, type LoadedLayer, loadSelection } from './selection.ts';

/** What came of publishing. `unchanged`: the head already shows all there is. `busy`: another is being made; ask again. */
export type PublishOutcome =
  | { status: 'published'; no: number; added: number; removed: number; files: number }
  | { status: 'unchanged' | 'frozen' | 'missing' | 'busy' };

/**
 * Bring a channel's head up to what its layers and rules say now.
 *
 * Under the channel's lock: judge every subdir, write the shards whose rows changed and the documents made of them, then
 * one transaction moves the head. Until it commits, readers see the publication before; after a crash nothing has
 * happened but some blobs without a row.
 */
export async function publishChannel(deps: PublishDeps, channelId: number, cause: string): Promise<PublishOutcome> {
  // Not waiting: a large publication takes a minute, and those that wait for it would keep all workers from other work.
  const outcome = await withFreeLock(deps.pool, 'channel', channelId, async ({ db }): Promise<PublishOutcome> => {
    const channel = await findChannelById(db, channelId);
    if (!channel) return { status: 'missing' };
    if (channel.frozen) return { status: 'frozen' };
    const layers = await ruledLayers(db, channel, deps.neededNoarch);
    const judged = judgedFrom(channel, layers);
    if (judged === channel.judged) return { status: 'unchanged' };
    const { change, blobs } = await planPublication(deps, channel, layers, cause);
    const no = channel.head_no + 1;
    const now = deps.now();
    return db.transaction().execute(async (trx) => {
      // Judging takes a while: whoever froze or deleted the channel meanwhile was promised that its head stays.
      const current = await lockChannel(trx, channelId, 'change');
      if (!current) return { status: 'missing' };
      if (current.frozen) return { status: 'frozen' };
      await setJudged(trx, channelId, judged);
      if (change.put.length + change.drop.length === 0) return { status: 'unchanged' };
      await insertBlobs(trx, blobs, now);
      await insertPublication(trx, channelId, no, change, now);
      await notifyChanged(trx, 'head', channelId);
      const { added, removed, files } = change;
      return { status: 'published', no, added, removed, files };
    });
  });
  return outcome ?? { status: 'busy' };
}

/** Raise it when the same layers and rules would give another publication than before. */
const engine = 1;

/** Everything that decides what a channel shows, as one text: the same text again means nothing is to be published. */
function judgedFrom(channel: ChannelRow, layers: readonly RuledLayer[]): string {
  const { types, filters } = channel;
  const shown = layers.map(({ layer, source_id, revision, mirror }) => ({ layer, source_id, revision, mirror }));
  return JSON.stringify({ engine, types, filters, layers: shown });
}

/** A publication in the making, and the blobs its entries refer to. */
interface Draft {
  change: PublicationChange;
  blobs: BlobRow[];
}

async function planPublication(
  deps: PublishDeps,
  channel: ChannelRow,
  layers: readonly RuledLayer[],
  cause: string,
): Promise<Draft> {
  const draft: Draft = {
    change: {
      cause,
      inputs: layers.map(({ layer, source_id, revision }) => ({ layer, source_id, revision })),
      added: 0,
      removed: 0,
      files: 0,
      packages: 0,
      put: [],
      drop: [],
    },
    blobs: [],
  };
  const summary = channelSummary();
  const subdirs = new Set([...(await channelSubdirs(deps, layers)), ...(await entrySubdirs(deps.db, channel.id))]);
  for (const subdir of [...subdirs].sort()) {
    await planSubdir(deps, channel.id, subdir, await loadSelection(deps, layers, subdir), summary, draft);
  }
  draft.change.packages = new Set(summary.files.map((file) => file.name)).size;
  if (draft.change.put.length + draft.change.drop.length > 0) {
    addDocuments(draft, [{ key: 'channeldata.json.zst', blob: await buildChanneldata(deps, summary.files) }]);
  }
  return draft;
}

async function planSubdir(
  deps: PublishDeps,
  channelId: number,
  subdir: string,
  layers: readonly LoadedLayer[],
  summary: ChannelSummary,
  { change, blobs }: Draft,
): Promise<void> {
  const live = new Map(
    (await liveEntries(deps.db, channelId, 'shard', `${subdir}/`)).map((entry) => [entry.key, entry]),
  );
  const touched: TouchedName[] = [];
  for (const shown of shownNames(layers)) {
    summary.add(subdir, layers, shown);
    change.files += shown.count;
    const signature = signatureOf(layers, shown);
    const before = live.get(`${subdir}/${shown.name}`);
    live.delete(`${subdir}/${shown.name}`);
    if (before?.signature && Buffer.compare(before.signature, signature) === 0) continue;
    countDifference(change, before, signature);
    touched.push({ ...shown, signature });
  }
  for (const gone of live.values()) {
    countDifference(change, gone, null);
    change.drop.push({ kind: 'shard', key: gone.key });
  }
  if (touched.length + live.size === 0) return;
  const shards = await buildShards(deps, layers, subdir, touched);
  change.put.push(...shards.entries);
  blobs.push(...shards.blobs);
  const documents = await buildSubdirDocuments(deps, layers, subdir);
  addDocuments({ change, blobs }, documents);
  const written = new Set(documents.map(({ key }) => key));
  for (const { kind, key } of await liveEntries(deps.db, channelId, 'document', `${subdir}/`)) {
    if (!written.has(key)) change.drop.push({ kind, key });
  }
}

function countDifference(change: PublicationChange, before: EntryRow | undefined, after: Uint8Array | null): void {
  const { added, removed } = signatureDifference(before?.signature ?? null, after);
  change.added += added;
  change.removed += removed;
}

function addDocuments(draft: Draft, documents: readonly Document[]): void {
  for (const { key, blob } of documents) {
    draft.change.put.push({ kind: 'document', key, blob: blob.sha256, signature: null, files: 0 });
    draft.blobs.push(blob);
  }
}
