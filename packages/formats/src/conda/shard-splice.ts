import { encode } from '@msgpack/msgpack';
import { type MsgpackWriter, msgpackWriter } from './json-to-msgpack.ts';
import { readMapHeader, skipMsgpack, textStart } from './msgpack-skip.ts';
import { type ShardText, writeShardText } from './shard-texts.ts';

/** File names, each where it lies in ASCII: those of hundreds of thousands of entries need not become strings. */
export interface KeptFiles {
  bytes: Uint8Array;
  /** Where the name of a row begins; where the next one begins it ends. */
  offsets: Uint32Array;
  /** Which ones. */
  rows: Uint32Array;
}

/** One for all, since thousands are written in a row. */
const writer = msgpackWriter();
const noFiles = encode([]);

/**
 * Write a shard out of an earlier one: entries that stay are copied as they lie there, not read. Gives the bytes of
 * `encodeShardTexts`, if that wrote the earlier one, and the kept entries are those of the records now.
 *
 * @param previous before compression.
 * @param kept the files whose entries stay; all others go.
 * @param texts of the entries that come, among them those of files that are there already.
 * @returns undefined when `previous` is written otherwise, or does not have all that are kept; also with anything in the
 * `v3` maps, as few shards have.
 * @throws {FormatError} `record_shape`, `run_exports_json`.
 */
export function spliceShard(
  previous: Uint8Array,
  kept: KeptFiles,
  texts: readonly ShardText[],
): Uint8Array<ArrayBuffer> | undefined {
  const maps: Record<string, ShardText[]> = { packages: [], 'packages.conda': [] };
  for (const text of texts) {
    const map = maps[text.bucket];
    if (!map) return undefined;
    map.push(text);
  }
  const [legacy, conda] = byBucket(kept);
  writer.clear();
  writer.map(3);
  if (previous[0] !== 0x83) return undefined;
  let at = spliceMap(previous, 1, { key: 'packages', kept: { ...kept, rows: legacy }, texts: maps.packages! });
  if (at > 0) {
    const map = { key: 'packages.conda', kept: { ...kept, rows: conda }, texts: maps['packages.conda']! };
    at = spliceMap(previous, at, map);
  }
  if (at > 0) at = readKey(previous, at, 'removed');
  if (at < 0 || at + noFiles.length !== previous.length || previous[at] !== noFiles[0]) return undefined;
  writer.text('removed');
  writer.raw(noFiles);
  return writer.bytes();
}

/** The rows of files of either ending, each in byte order of the names, as shards have them. */
function byBucket({ bytes, offsets, rows }: KeptFiles): [legacy: Uint32Array, conda: Uint32Array] {
  const split = [new Uint32Array(rows.length), new Uint32Array(rows.length)] as const;
  const counts = [0, 0];
  for (let i = 0; i < rows.length; i++) {
    const isConda = bytes[offsets[rows[i]! + 1]! - 1] === 0x61 ? 1 : 0;
    split[isConda][counts[isConda]!++] = rows[i]!;
  }
  return [inOrder(split[0].subarray(0, counts[0])), inOrder(split[1].subarray(0, counts[1]))];

  /** Rows are so mostly, but for those that came later. */
  function inOrder(some: Uint32Array): Uint32Array {
    for (let i = 1; i < some.length; i++) if (compare(some[i - 1]!, some[i]!) > 0) return some.sort(compare);
    return some;
  }

  function compare(a: number, b: number): number {
    return compareBytes(bytes, offsets[a]!, offsets[a + 1]!, bytes, offsets[b]!, offsets[b + 1]!);
  }
}

/** What becomes of one map of a shard. */
interface MapChange {
  key: string;
  kept: KeptFiles;
  texts: ShardText[];
}

/** Write the map whose key stands at `at`. @returns where the next one begins; −1 when it cannot be done. */
function spliceMap(
  previous: Uint8Array,
  at: number,
  { key, kept: { bytes, offsets, rows }, texts }: MapChange,
): number {
  const map = readMapHeader(previous, readKey(previous, at, key));
  if (!map) return -1;
  texts.sort((a, b) => (a.fn < b.fn ? -1 : 1));
  writer.text(key);
  writer.map(rows.length + texts.length);
  let [row, text] = [0, 0];
  /** Where the entries begin that are to be copied up to here. */
  let begin = map.start;
  let entry = map.start;
  for (let i = 0; i < map.count; i++) {
    const name = textStart(previous, entry);
    const nameEnd = name < 0 ? -1 : skipMsgpack(previous, entry);
    const end = nameEnd < 0 ? -1 : skipMsgpack(previous, nameEnd);
    if (end < 0) return -1;
    while (text < texts.length && compareText(texts[text]!.fn, previous, name, nameEnd) <= 0) {
      writer.raw(previous.subarray(begin, entry));
      begin = entry;
      writeEntry(writer, texts[text++]!);
    }
    const order =
      row === rows.length
        ? 1
        : compareBytes(bytes, offsets[rows[row]!]!, offsets[rows[row]! + 1]!, previous, name, nameEnd);
    // It is not there.
    if (order < 0) return -1;
    if (order === 0) row++;
    else {
      writer.raw(previous.subarray(begin, entry));
      begin = end;
    }
    entry = end;
  }
  if (row < rows.length) return -1;
  writer.raw(previous.subarray(begin, entry));
  while (text < texts.length) writeEntry(writer, texts[text++]!);
  return entry;
}

function writeEntry(writer: MsgpackWriter, text: ShardText): void {
  writer.text(text.fn);
  writeShardText(writer, text);
}

/** Where the value of this key begins; −1 where another stands at `at`. */
function readKey(bytes: Uint8Array, at: number, key: string): number {
  const start = textStart(bytes, at);
  const end = start < 0 ? -1 : skipMsgpack(bytes, at);
  return end > 0 && compareText(key, bytes, start, end) === 0 ? end : -1;
}

/** How an ASCII text compares with one that lies in bytes. */
function compareText(text: string, bytes: Uint8Array, start: number, end: number): number {
  const length = Math.min(text.length, end - start);
  for (let i = 0; i < length; i++) {
    const difference = text.charCodeAt(i) - bytes[start + i]!;
    if (difference !== 0) return difference;
  }
  return text.length - (end - start);
}

function compareBytes(
  one: Uint8Array,
  oneStart: number,
  oneEnd: number,
  other: Uint8Array,
  otherStart: number,
  otherEnd: number,
): number {
  const length = Math.min(oneEnd - oneStart, otherEnd - otherStart);
  for (let i = 0; i < length; i++) {
    const difference = one[oneStart + i]! - other[otherStart + i]!;
    if (difference !== 0) return difference;
  }
  return oneEnd - oneStart - (otherEnd - otherStart);
}
