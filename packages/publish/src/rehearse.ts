import { findChannelById, headIndexes, headShardEntries, lastPublishedShards, withSession } from '@sluice/catalog';
import { packageTypeOf } from '@sluice/formats/package';
import { chooseShards } from './choose-shards.ts';
import { chooseSplices } from './choose-splices.ts';
import type { PublishDeps, ReadingDeps } from './deps.ts';
import { knownNeeded } from './known-needed.ts';
import { type PublishedLayer, publishedLayers } from './layers.ts';
import { makeShards } from './make-shards.ts';
import { shownNames } from './select.ts';
import { loadSelection, shardLayer } from './selection.ts';
import { writeShardIndex } from './shard-index.ts';

/**
 * What is read and written at once: some hundredths of a second, whatever the size of the channel, and a tenth where code is new. The
 * first edit waits for no more than that.
 */
const mostNames = 50;
const mostFiles = 1000;

/** The engine compiles what is called often, and the last of it in the last of so many rounds. */
const rounds = 16;

type RehearsalDeps = ReadingDeps & Pick<PublishDeps, 'spliceFrom'>;

/**
 * Read, judge and write some shards of the channel that was published last, and keep nothing of it. The first edit after a
 * start then finds code that the engine has compiled and connections that know the tables.
 *
 * @param signal aborted when there is real work: no other round is begun.
 * @returns how many shards were written; 0 where nothing is published.
 */
export async function rehearse(deps: RehearsalDeps, signal?: AbortSignal): Promise<number> {
  const samples = await samplesOf(deps);
  const [first] = samples;
  if (!first) return 0;
  // As in a publication one connection has the channel, and others all the rest.
  return withSession(deps.pool, async ({ db }) => {
    const channel = await findChannelById(db, first.channelId);
    if (!channel) return 0;
    const all = await publishedLayers(db, channel, (layer) => knownNeeded(deps, layer));
    // Nobody sees what comes of it: documents of patches may be large, and stay unread.
    const layers = all.filter(({ shownBy }) => !shownBy);
    // Its thread begins while the first shards are written.
    const begun = deps.storage.readMany(new Uint8Array(new SharedArrayBuffer(0)), []);
    begun.catch(() => {});
    let written = 0;
    for (const [round, sample] of samples.entries()) {
      if (signal?.aborted) break;
      written += await rehearseRound(deps, layers, sample, signal);
      if (round === 0 && !signal?.aborted) await rehearseIndex(deps, sample);
    }
    return written;
  });
}

async function rehearseRound(
  deps: RehearsalDeps,
  layers: readonly PublishedLayer[],
  { channelId, subdir, touched }: Sample,
  signal: AbortSignal | undefined,
): Promise<number> {
  const scope = { subdir, touched, patch: undefined, from: 'columns' as const };
  const loaded = await loadSelection(deps, layers, scope, () => new Set());
  const names = [...shownNames(loaded)];
  const chosen = await chooseShards(deps, { channelId, subdir, layers: loaded, live: new Map() }, names, false);
  let written = 0;
  const whole = { subdir, layers: loaded.map(shardLayer), splices: [], whole: names };
  for await (const batch of makeShards(deps, whole)) written += batch.length;
  if (signal?.aborted) return written;
  // An edit of many names has no texts at hand, and makes shards out of the head's.
  const layersAlone = loaded.map(({ texts: _, ...layer }) => layer);
  const head = await headShardEntries(
    deps.db,
    channelId,
    chosen.map(({ entry }) => entry.key),
  );
  const live = new Map(head.map((entry) => [entry.key, entry]));
  const { splices } = chooseSplices(deps, { subdir, layers: layersAlone, live }, chosen);
  const spliced = { subdir, layers: layersAlone.map(shardLayer), splices, whole: [] };
  for await (const batch of makeShards(deps, spliced)) written += batch.length;
  return written;
}

/** The index that every edit changes, gone through to its end. */
async function rehearseIndex({ db, storage }: RehearsalDeps, { channelId, subdir }: Sample): Promise<void> {
  if (packageTypeOf(subdir) !== 'conda') return;
  const index = (await headIndexes(db, channelId)).find((one) => one.subdir === subdir);
  // No name comes behind it.
  if (index) await writeShardIndex(storage, subdir, index, new Map([['~', null]]));
}

/** Some names of one part, of not too many files together. */
interface Sample {
  channelId: number;
  subdir: string;
  touched: Set<string>;
  files: number;
}

/** As many as there are rounds, each of other names; fewer where the channel has not so many. */
async function samplesOf({ db }: ReadingDeps): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const { channel_id, key, files } of await lastPublishedShards(db, rounds * mostNames)) {
    if (files > mostFiles) continue;
    const subdir = key.slice(0, key.indexOf('/'));
    let last = samples.at(-1);
    if (!last || last.subdir !== subdir || last.touched.size === mostNames || last.files + files > mostFiles) {
      if (samples.length === rounds) break;
      last = { channelId: channel_id, subdir, touched: new Set(), files: 0 };
      samples.push(last);
    }
    last.touched.add(key.slice(subdir.length + 1));
    last.files += files;
  }
  return samples;
}
