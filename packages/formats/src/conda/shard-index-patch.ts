import { readMapHeader, textStart } from './msgpack-skip.ts';
import { encodeShardIndex, type ShardIndexInfo } from './shards.ts';

/** A shard index, before compression, and how many shards it lists. */
export interface PatchedShardIndex {
  bytes: Uint8Array;
  count: number;
}

/**
 * Change some shards of an index that this function wrote, and copy the rest as it is: with 25,000 names, reading and
 * writing them all would take longer than the shard that changed.
 *
 * Gives the bytes of `encodeShardIndex`, names in the order of their ASCII codes.
 *
 * @param previous undefined to begin with none.
 * @param changes by package name the digest of its shard, 32 bytes; null when it has none any more.
 * @returns undefined when `previous` was written otherwise, or with another `info`: begin with none then.
 */
export function patchShardIndex(
  info: ShardIndexInfo,
  previous: Uint8Array | undefined,
  changes: ReadonlyMap<string, Uint8Array | null>,
): PatchedShardIndex | undefined {
  const empty = encodeShardIndex(info, []);
  const head = empty.subarray(0, empty.length - 1);
  const index = previous ?? empty;
  for (let i = 0; i < head.length; i++) if (index[i] !== head[i]) return undefined;
  const map = readMapHeader(index, head.length);
  if (!map) return undefined;
  const pieces: Uint8Array[] = [];
  let { count, start: at } = map;
  let copied = at;
  for (const [name, digest] of [...changes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    let order = -1;
    while (at < index.length) {
      order = compareName(index, at, name);
      if (order >= 0) break;
      at = nextEntry(index, at);
      if (at < 0) return undefined;
    }
    pieces.push(index.subarray(copied, at));
    if (at < index.length && order === 0) {
      at = nextEntry(index, at);
      if (at < 0) return undefined;
      count--;
    }
    copied = at;
    if (digest === null) continue;
    pieces.push(entryOf(name, digest));
    count++;
  }
  pieces.push(index.subarray(copied));
  return { bytes: joined([head, mapHeader(count), ...pieces]), count };
}

function textEnd(index: Uint8Array, at: number): number {
  const type = index[at]!;
  if ((type & 0xe0) === 0xa0) return at + 1 + (type & 0x1f);
  return type === 0xd9 ? at + 2 + index[at + 1]! : -1;
}

/** Where the entry after the one at `at` begins; -1 when this is none. */
function nextEntry(index: Uint8Array, at: number): number {
  const value = textEnd(index, at);
  return value > 0 && index[value] === 0xc4 && index[value + 1] === 32 ? value + 34 : -1;
}

function compareName(index: Uint8Array, at: number, name: string): number {
  const start = textStart(index, at);
  const length = textEnd(index, at) - start;
  for (let i = 0; i < length && i < name.length; i++) {
    const difference = index[start + i]! - name.charCodeAt(i);
    if (difference !== 0) return difference;
  }
  return length - name.length;
}

function mapHeader(count: number): Uint8Array {
  if (count < 16) return Uint8Array.of(0x80 | count);
  if (count < 0x10000) return Uint8Array.of(0xde, count >>> 8, count);
  return Uint8Array.of(0xdf, count >>> 24, count >>> 16, count >>> 8, count);
}

function entryOf(name: string, digest: Uint8Array): Uint8Array {
  const header = name.length < 32 ? [0xa0 | name.length] : [0xd9, name.length];
  const entry = new Uint8Array(header.length + name.length + 34);
  entry.set(header);
  for (let i = 0; i < name.length; i++) entry[header.length + i] = name.charCodeAt(i);
  entry.set([0xc4, 32], header.length + name.length);
  entry.set(digest, header.length + name.length + 2);
  return entry;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
