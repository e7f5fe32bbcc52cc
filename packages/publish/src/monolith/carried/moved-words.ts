import { type Db, touchedEntries } from '@sluice/catalog';
import { wordsOf } from '../../select.ts';

/** Words of records by which two publications differ in a part, each with the package name it belongs to. */
export interface MovedWords {
  /** Listed by the earlier one only. */
  dropped: Map<bigint, string>;
  /** Listed by the later one only. */
  fresh: Map<bigint, string>;
  /** All that the later one lists of the package names of which the earlier one listed something else, as signatures. */
  listed: Map<string, Uint8Array>;
}

/** @returns undefined where they differ by more than `most` words, or a shard does not say what is in it. */
export async function movedWords(
  db: Db,
  channelId: number,
  { subdir, from, to, most }: { subdir: string; from: number; to: number; most: number },
): Promise<MovedWords | undefined> {
  const moved: MovedWords = { dropped: new Map(), fresh: new Map(), listed: new Map() };
  for (const entry of await touchedEntries(db, channelId, { from, to, subdir })) {
    if (entry.from?.signature === null || entry.to?.signature === null) return undefined;
    const before = wordsOf(entry.from?.signature);
    const after = wordsOf(entry.to?.signature);
    const name = entry.key.slice(subdir.length + 1);
    const known = new Set(before);
    for (const word of after) if (!known.delete(word)) moved.fresh.set(word, name);
    for (const word of known) moved.dropped.set(word, name);
    if (known.size > 0 && entry.to) moved.listed.set(name, entry.to.signature!);
    if (moved.dropped.size + moved.fresh.size > most) return undefined;
  }
  return moved;
}
