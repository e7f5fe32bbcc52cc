import { findPublicationSource, listedEntries, shardsAt, shardTotals } from '@sluice/catalog';
import { packageTypeOf } from '@sluice/formats/package';
import type { ReadingDeps } from './deps.ts';
import { listedRecords } from './monolith/listed-records.ts';
import { maps, subdirContent, withWords } from './monolith/subdir-content.ts';
import type { WordSet } from './monolith/word-set.ts';
import { patchesAt } from './patches.ts';

/** A part of one kept publication. */
interface PublishedPart {
  channelId: number;
  no: number;
  subdir: string;
}

/** Other types of packages have but one map. */
const oneMap = [{ ending: '', v3: false }];

/** Entries looked at together. */
const portion = 1000;

/**
 * What a publication lists and no row of its layers says any more, as its patches leave it: rows were changed by hand, lost, or
 * restored from another time. Reads all records of the part.
 *
 * @returns by package name how many; empty for a publication that is not kept, or of shards that do not say what is in them.
 */
export async function lostRecords(
  deps: Pick<ReadingDeps, 'db' | 'pool'>,
  part: PublishedPart,
): Promise<ReadonlyMap<string, number>> {
  const { channelId, no, subdir } = part;
  const source = await findPublicationSource(deps.db, channelId, no);
  if (!source || (await shardTotals(deps.db, channelId, subdir, no)).uncounted > 0) return new Map();
  const patches = await (await patchesAt(deps.db, channelId, source.patch_rev)).of(subdir);
  const content = await withWords(deps, await subdirContent(deps, channelId, subdir, source, patches));
  let left = content.counts.reduce((sum, count) => sum + count, 0);
  for (const map of packageTypeOf(subdir) === 'conda' ? maps : oneMap) {
    for await (const taken of listedRecords(deps.pool, content, map, content.words.take, () => {})) left -= taken;
  }
  if (left === 0) return new Map();
  const lost = await namesOf(deps, part, content.words);
  // Entries and records that go meanwhile look as if they were lost.
  return (await findPublicationSource(deps.db, channelId, no)) ? lost : new Map();
}

/** Whose the words are that nobody has taken. */
async function namesOf(
  { db }: Pick<ReadingDeps, 'db'>,
  { channelId, no, subdir }: PublishedPart,
  words: WordSet,
): Promise<Map<string, number>> {
  const names = new Map<string, number>();
  for (let after = `${subdir}/`; ; ) {
    const page = await listedEntries(db, channelId, { kind: 'shard', no }, after, portion);
    const keys = page.flatMap(({ key }) => (key.startsWith(`${subdir}/`) ? [key] : []));
    for (const { key, signature } of await shardsAt(db, channelId, no, keys)) {
      const count = signature ? countOf(signature, words) : 0;
      if (count > 0) names.set(key.slice(subdir.length + 1), count);
    }
    if (keys.length < portion) return new Map([...names].sort(([a], [b]) => (a < b ? -1 : 1)));
    after = keys.at(-1)!;
  }
}

function countOf(signature: Uint8Array, words: WordSet): number {
  const view = new DataView(signature.buffer, signature.byteOffset, signature.byteLength);
  let count = 0;
  for (let at = 0; at < view.byteLength; at += 8) {
    if (words.take(view.getUint32(at, true), view.getUint32(at + 4, true))) count++;
  }
  return count;
}
