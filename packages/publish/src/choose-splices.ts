import type { ChosenShard, ShownSubdir } from './choose-shards.ts';
import type { PublishDeps } from './deps.ts';
import type { ShownName } from './select.ts';
import { shardFormatOf } from './shard-format.ts';

/** A shard that is to be made out of the one that the head has under its name. */
export interface Splice {
  /** Of one layer alone. */
  shown: ShownName;
  /** The digest of the head's shard. */
  previous: Uint8Array;
  /** Rows whose records stand in it as they are to stand, and those that must be read. */
  kept: Uint32Array;
  fresh: Uint32Array;
}

/** To find and open the head's shard takes as long as to read so many records. */
const usualLeast = 16;

/**
 * Which shards are made out of the head's, and which of all their records. Equal words mean that a shard has the same of a
 * record, so the signature of the head's shard says what stays as it is.
 */
export function chooseSplices(
  { spliceFrom = usualLeast }: Pick<PublishDeps, 'spliceFrom'>,
  { subdir, layers, live }: Pick<ShownSubdir, 'subdir' | 'layers' | 'live'>,
  unwritten: Iterable<ChosenShard>,
): { splices: Splice[]; whole: ShownName[] } {
  const splices: Splice[] = [];
  const whole: ShownName[] = [];
  const canSplice = shardFormatOf(subdir).splice !== undefined;
  for (const one of unwritten) {
    const splice = canSplice ? spliceOf({ layers, live }, one) : undefined;
    if (splice && splice.kept.length >= Math.max(spliceFrom, splice.fresh.length)) splices.push(splice);
    else whole.push(one.shown);
  }
  return { splices, whole };
}

function spliceOf({ layers, live }: Pick<ShownSubdir, 'layers' | 'live'>, one: ChosenShard): Splice | undefined {
  const { shown, entry } = one;
  const before = live.get(entry.key);
  const [part, another] = shown.parts;
  // An upstream's own shard, or one of an earlier engine, has the records in other words.
  if (!before?.signature || before.upstream || before.buckets === null || !part || another) return undefined;
  // What is at hand need not be read.
  if (layers[part.layer]!.texts) return undefined;
  const came = wordsNotIn(wordsOf(before.signature), wordsOf(entry.signature!));
  const { recordHash } = layers[part.layer]!.facts;
  const fresh = new Uint32Array(part.rows.length);
  const kept = new Uint32Array(part.rows.length);
  let count = 0;
  for (let i = 0; i < part.rows.length; i++) {
    const row = part.rows[i]!;
    if (hasWord(came, recordHash, row * 2)) fresh[count++] = row;
    else kept[i - count] = row;
  }
  return { shown, previous: before.blob, kept: kept.subarray(0, kept.length - count), fresh: fresh.slice(0, count) };
}

/** The two halves of every word, in the order of the words. Copied: a Buffer may begin anywhere, these may not. */
function wordsOf(signature: Uint8Array): Uint32Array {
  return new Uint32Array(new Uint8Array(signature).buffer);
}

/** The words of `after` that `before` does not have, or has less often. */
function wordsNotIn(before: Uint32Array, after: Uint32Array): Uint32Array {
  const found: number[] = [];
  let i = 0;
  for (let j = 0; j < after.length; j += 2) {
    while (i < before.length && compareWords(before, i, after, j) < 0) i += 2;
    if (i < before.length && compareWords(before, i, after, j) === 0) i += 2;
    else found.push(after[j]!, after[j + 1]!);
  }
  return Uint32Array.from(found);
}

/** Whether the word at `at` is one of these, which are in order. */
function hasWord(words: Uint32Array, all: Uint32Array, at: number): boolean {
  let [low, high] = [0, words.length / 2];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = compareWords(words, middle * 2, all, at);
    if (order === 0) return true;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return false;
}

function compareWords(one: Uint32Array, i: number, other: Uint32Array, j: number): number {
  return one[i + 1]! - other[j + 1]! || one[i]! - other[j]!;
}
