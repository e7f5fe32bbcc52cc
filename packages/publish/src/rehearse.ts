import { type Db, findChannelById, lastPublishedShards } from '@sluice/catalog';
import { chooseShards } from './choose-shards.ts';
import type { ReadingDeps } from './deps.ts';
import { knownNeeded } from './known-needed.ts';
import { publishedLayers } from './layers.ts';
import { shownNames } from './select.ts';
import { loadSelection } from './selection.ts';
import { writeShards } from './write-shards.ts';

/** As much as makes code quick, and takes a few tenths of a second whatever the size of the channel. */
const mostNames = 200;
const mostFiles = 4000;

/**
 * Read, judge and write some shards of the channel that was published last, and keep nothing of it. The first edit after a
 * start then finds code that the engine has compiled and connections that know the tables.
 *
 * @returns how many shards were written; 0 where nothing is published.
 */
export async function rehearse(deps: ReadingDeps): Promise<number> {
  const sample = await sampleOf(deps.db);
  const channel = sample && (await findChannelById(deps.db, sample.channelId));
  if (!channel) return 0;
  const { channelId, subdir, touched } = sample;
  const all = await publishedLayers(deps.db, channel, (layer) => knownNeeded(deps, layer));
  // Nobody sees what comes of it: documents of patches may be large, and stay unread.
  const layers = all.filter(({ shownBy }) => !shownBy);
  const scope = { subdir, touched, patch: undefined, from: 'columns' as const };
  const loaded = await loadSelection(deps, layers, scope, () => new Set());
  const names = [...shownNames(loaded)];
  await chooseShards(deps, { channelId, subdir, layers: loaded, live: new Map() }, names, false);
  let written = 0;
  for await (const batch of writeShards(deps, loaded, subdir, names)) written += batch.length;
  return written;
}

/** Some names of one part, of not too many files together. */
async function sampleOf(db: Db): Promise<{ channelId: number; subdir: string; touched: Set<string> } | undefined> {
  const shards = await lastPublishedShards(db, mostNames);
  const [first] = shards;
  if (!first) return undefined;
  const subdir = first.key.slice(0, first.key.indexOf('/'));
  const touched = new Set<string>();
  let files = 0;
  for (const shard of shards) {
    files += shard.files;
    if (files > mostFiles) break;
    if (shard.key.startsWith(`${subdir}/`)) touched.add(shard.key.slice(subdir.length + 1));
  }
  return { channelId: first.channel_id, subdir, touched };
}
