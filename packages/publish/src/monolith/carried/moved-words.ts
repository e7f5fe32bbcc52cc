import { copyMovedShards, copyOut, withSession } from '@sluice/catalog';
import type { MonolithDeps } from '../monolith-deps.ts';

/** Words of records by which two publications differ in a part, each with the package name it belongs to. */
export interface MovedWords {
  /** Listed by the earlier one only. */
  dropped: Map<bigint, string>;
  /** Listed by the later one only. */
  fresh: Map<bigint, string>;
  /** All that the later one lists of the package names of which the earlier one listed something else, as signatures. */
  listed: Map<string, Uint8Array>;
}

/**
 * @param to later than `from`, or the same.
 * @returns undefined where they differ by more than `most` words, or a shard does not say what is in it.
 */
export async function movedWords(
  { pool }: Pick<MonolithDeps, 'pool'>,
  channelId: number,
  { subdir, from, to, most }: { subdir: string; from: number; to: number; most: number },
): Promise<MovedWords | undefined> {
  const moved: MovedWords = { dropped: new Map(), fresh: new Map(), listed: new Map() };
  // Of a package name that both list one signature waits for the other.
  const waiting = new Map<string, { signature: Uint8Array; isLater: boolean }>();
  let isKnown = true;

  function compare(name: string, before: Uint8Array, after: Uint8Array): void {
    let isDropped = false;
    eachDifference(before, after, (word, isLater) => {
      if (isLater) moved.fresh.set(word, name);
      else moved.dropped.set(word, name);
      isDropped ||= !isLater;
    });
    if (isDropped && after.byteLength > 0) moved.listed.set(name, after);
    if (moved.dropped.size + moved.fresh.size > most) isKnown = false;
  }

  function take(name: string, signature: Uint8Array, isLater: boolean): void {
    const other = waiting.get(name);
    if (!other) return void waiting.set(name, { signature, isLater });
    waiting.delete(name);
    compare(name, ...(isLater ? ([other.signature, signature] as const) : ([signature, other.signature] as const)));
  }

  await withSession(pool, async ({ client }) => {
    for await (const rows of copyOut(client, copyMovedShards(channelId, subdir, { from, to }))) {
      // To the end also where it is of no use any more: leaving closes the connection.
      for (let i = 0; isKnown && i < rows.length; i++) {
        const signature = rows.bytes(i, 1);
        if (signature) take(rows.text(i, 0)!.slice(subdir.length + 1), Uint8Array.from(signature), rows.boolean(i, 2)!);
        else isKnown = false;
      }
      rows.release();
    }
  });
  for (const [name, { signature, isLater }] of waiting) {
    if (!isKnown) return undefined;
    compare(name, isLater ? none : signature, isLater ? signature : none);
  }
  return isKnown ? moved : undefined;
}

const none = new Uint8Array();

/** The words that one of two signatures has alone. They are sorted, and most are in both: only the others become numbers of their own. */
function eachDifference(before: Uint8Array, after: Uint8Array, tell: (word: bigint, isLater: boolean) => void): void {
  const [a, b] = [halfWords(before), halfWords(after)];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const order = i === a.length ? 1 : j === b.length ? -1 : a[i + 1]! - b[j + 1]! || a[i]! - b[j]!;
    if (order < 0) tell(wordAt(a, i), false);
    else if (order > 0) tell(wordAt(b, j), true);
    if (order <= 0) i += 2;
    if (order >= 0) j += 2;
  }
}

/** The lower half of each word and then the higher. */
function halfWords({ buffer, byteOffset, byteLength }: Uint8Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, byteLength / 4);
}

const wordAt = (halves: Uint32Array, i: number) => (BigInt(halves[i + 1]!) << 32n) | BigInt(halves[i]!);
