import { decode } from '@msgpack/msgpack';
import { decodeUtf8 } from '../utf8.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { readMapHeader, readUnsigned, skipMsgpack, textStart } from './msgpack-skip.ts';

/** A file of a shard, and some members of its record. */
export interface ShardFields {
  fn: string;
  record: JsonObject;
}

/**
 * Some members of every record of a decompressed shard, as `decodeShard` gives them, in a fraction of the time: the others,
 * by far the most, are only passed over.
 *
 * @param names of the members, in ASCII: not of digests and run exports, which a shard writes in its own way.
 * @returns undefined when the shard is not written as ours are, or has anything in maps beside the two classic ones: read
 * all of it then.
 */
export function readShardFields(bytes: Uint8Array, names: readonly string[]): ShardFields[] | undefined {
  const fields = names.map((name): Field => ({ name, last: undefined }));
  const files: ShardFields[] = [];
  const shard = readMapHeader(bytes, 0);
  let at = shard ? shard.start : -1;
  for (let left = shard ? shard.count : 0; left > 0 && at >= 0; left--) {
    const value = skipMsgpack(bytes, at);
    if (value < 0) return undefined;
    const isMap = mapKeys.some((key) => isText(bytes, at, value, key));
    if (!isMap && !isText(bytes, at, value, 'removed')) return undefined;
    at = isMap ? readRecords(bytes, value, fields, files) : skipMsgpack(bytes, value);
  }
  return at === bytes.length ? files : undefined;
}

const mapKeys = ['packages', 'packages.conda'];

interface Field {
  name: string;
  /** The text read last, and where it stands: builds of one version come in a row. */
  last: { text: string; start: number; end: number } | undefined;
}

/** Read the records of the map at `at`. @returns where it ends; −1 when it is written in another way. */
function readRecords(bytes: Uint8Array, at: number, fields: readonly Field[], files: ShardFields[]): number {
  const map = readMapHeader(bytes, at);
  if (!map) return -1;
  let next = map.start;
  for (let i = 0; i < map.count; i++) {
    const name = textStart(bytes, next);
    const nameEnd = name < 0 ? -1 : skipMsgpack(bytes, next);
    const members = nameEnd < 0 ? undefined : readMapHeader(bytes, nameEnd);
    if (!members) return -1;
    const record: JsonObject = {};
    next = members.start;
    for (let j = 0; j < members.count; j++) {
      const value = skipMsgpack(bytes, next);
      const end = value < 0 ? -1 : skipMsgpack(bytes, value);
      if (end < 0) return -1;
      for (const field of fields) {
        if (isText(bytes, next, value, field.name)) record[field.name] = readValue(bytes, value, end, field);
      }
      next = end;
    }
    files.push({ fn: decodeUtf8(bytes.subarray(name, nameEnd)), record });
  }
  return next;
}

function readValue(bytes: Uint8Array, at: number, end: number, field: Field): JsonValue {
  const start = textStart(bytes, at);
  if (start < 0) return readUnsigned(bytes, at) ?? (decode(bytes.subarray(at, end)) as JsonValue);
  const { last } = field;
  if (last && isSame(bytes, last.start, last.end, start, end)) return last.text;
  field.last = { text: decodeUtf8(bytes.subarray(start, end)), start, end };
  return field.last.text;
}

/** Whether the text from `at` to `end`, its header included, is this one, in ASCII. */
function isText(bytes: Uint8Array, at: number, end: number, text: string): boolean {
  const start = end - text.length;
  if (start <= at || textStart(bytes, at) !== start) return false;
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false;
  return true;
}

function isSame(bytes: Uint8Array, start: number, end: number, other: number, otherEnd: number): boolean {
  if (end - start !== otherEnd - other) return false;
  for (let i = start; i < end; i++, other++) if (bytes[i] !== bytes[other]) return false;
  return true;
}
