import { decode, encode } from '@msgpack/msgpack';
import {
  bytesToHex,
  type Md5,
  md5ToBytes,
  parseMd5,
  parseSha256,
  type Sha256,
  sha256ToBytes,
} from '../digest/index.ts';
import { FormatError } from '../errors.ts';
import { isJsonObject, type JsonObject, type JsonValue, kindOf, writeJson } from './json.ts';
import { textOf, textsOf } from './json-fields.ts';
import { isWholeMsgpack } from './msgpack-bounds.ts';
import { bucketKey, type RepodataBucket, type RepodataInfo } from './repodata-document.ts';
import { type RunExports, toRunExports } from './run-exports.ts';

/** One record of a shard. */
export interface ShardRecord {
  bucket: RepodataBucket;
  fn: string;
  /** As in repodata.json: digests in hex, no run exports. */
  record: JsonObject;
  /** Undefined when not known, `{}` when there are none (CEP 21). */
  run_exports?: RunExports;
}

/** All that a channel's subdir holds of one package name. */
export interface Shard {
  records: readonly ShardRecord[];
  removed: readonly string[];
}

/** A shard as read, and what its spelling says. */
export interface ReadShard extends Shard {
  /**
   * Whether it may be handed on as it is: digests as bytes, integers as integers, both classic maps there, nothing twice,
   * nothing that is not read here.
   */
  canonical: boolean;
  /** Files of maps that are not read: wheels. */
  leftOut: readonly string[];
}

/** What a shard index says beside its shards. */
export interface ShardIndexInfo {
  subdir: string;
  /** Where the artifacts are, relative to the index or absolute; ends with `/`. */
  base_url: string;
  /** Where the shards are, likewise. */
  shards_base_url: string;
  /** ISO 8601. */
  created_at?: string;
  repodata_revisions?: JsonObject;
  channel_relations?: JsonObject;
}

/** A shard index as read; URLs end with `/`. */
export interface ShardIndex {
  info: RepodataInfo & { baseUrl: string; shardsBaseUrl: string };
  /** Package name → SHA-256 of the shard file, that is, of its compressed bytes. */
  shards: Map<string, Sha256>;
}

/** rattler reads these as 64-bit integers and gives up a whole shard over one that is not. */
const integers = ['timestamp', 'indexed_timestamp', 'build_number', 'size'];

/**
 * Write one shard, before compression. Sorted, so that equal content gives equal bytes and names. Both classic maps are
 * always there, since conda takes them for granted. A digest that is none is left out: it would cost the whole shard.
 *
 * @see CEP 16 https://conda.org/learn/ceps/cep-0016, CEP 21 for run exports
 */
export function encodeShard(shard: Shard): Uint8Array<ArrayBuffer> {
  const maps: Record<RepodataBucket, Record<string, unknown>> = {
    packages: {},
    'packages.conda': {},
    'v3.conda': {},
    'v3.tar.bz2': {},
  };
  for (const { bucket, fn, record, run_exports } of shard.records) {
    maps[bucket][bucketKey(bucket, fn)] = packRecord(record, run_exports);
  }
  const v3 = { conda: maps['v3.conda'], 'tar.bz2': maps['v3.tar.bz2'] };
  const hasV3 = Object.values(v3).some((map) => Object.keys(map).length > 0);
  const removed = [...shard.removed].sort();
  const { packages, 'packages.conda': conda } = maps;
  return encode({ packages, 'packages.conda': conda, removed, ...(hasV3 ? { v3 } : {}) }, { sortKeys: true });
}

/**
 * Write the index of a subdir's shards, before compression.
 *
 * @see CEP 16
 */
export function encodeShardIndex(info: ShardIndexInfo, shards: Iterable<[string, Sha256]>): Uint8Array<ArrayBuffer> {
  const digests = Array.from(shards, ([name, digest]): [string, Uint8Array] => [name, sha256ToBytes(digest)]);
  digests.sort(([a], [b]) => (a < b ? -1 : 1));
  // The version comes first, as in the CEP; below the top everything is sorted.
  return encode({ version: 1, info: JSON.parse(writeJson({ ...info })), shards: Object.fromEntries(digests) });
}

/**
 * Read a decompressed shard, with digests as bytes, hex or lists of integers, as writers of all ages made them. A
 * missing map counts as empty.
 *
 * @throws {FormatError} `shard_syntax`; `run_exports_json` for a broken `run_exports`.
 */
export function decodeShard(bytes: Uint8Array): Shard {
  const shard = unpack(bytes, 'shard');
  return contentOf(shard, v3Of(shard));
}

/** As {@link decodeShard}, and how it is written, which takes writing it once more. */
export function readShard(bytes: Uint8Array): ReadShard {
  const shard = unpack(bytes, 'shard');
  const v3 = v3Of(shard);
  // Before the records are read: their digests become texts on the way.
  const canonical = isCanonical(shard, v3) && isEncodedAs(bytes, shard);
  return { canonical, leftOut: isMap(v3.whl) ? Object.keys(v3.whl) : [], ...contentOf(shard, v3) };
}

function v3Of({ v3 }: Record<string, unknown>): Record<string, unknown> {
  return isMap(v3) ? v3 : {};
}

function contentOf(shard: Record<string, unknown>, v3: Record<string, unknown>): Shard {
  return {
    records: [
      ...readMap('packages', shard.packages),
      ...readMap('packages.conda', shard['packages.conda']),
      ...readMap('v3.conda', v3.conda),
      ...readMap('v3.tar.bz2', v3['tar.bz2']),
    ],
    removed: textsOf((shard.removed ?? []) as JsonValue),
  };
}

function isCanonical(shard: Record<string, unknown>, v3: Record<string, unknown>): boolean {
  const known =
    Object.keys(shard).every((key) => ['packages', 'packages.conda', 'removed', 'v3'].includes(key)) &&
    Object.keys(v3).every((key) => ['conda', 'tar.bz2'].includes(key));
  if (!known || !isMap(shard.packages) || !isMap(shard['packages.conda'])) return false;
  return [shard.packages, shard['packages.conda'], v3.conda ?? {}, v3['tar.bz2'] ?? {}].every(
    (map) => isMap(map) && Object.values(map).every((record) => isMap(record) && hasBinaryDigests(record)),
  );
}

function hasBinaryDigests({ sha256, md5 }: Record<string, unknown>): boolean {
  const isDigest = (value: unknown, width: number) =>
    value === undefined || (value instanceof Uint8Array && value.length === width);
  return isDigest(sha256, 32) && isDigest(md5, 16);
}

/** Whether a value was written in the shortest way, so with integers as integers, and no key twice. */
function isEncodedAs(bytes: Uint8Array, value: unknown): boolean {
  const again = encode(value);
  return again.length === bytes.length && again.every((byte, i) => byte === bytes[i]);
}

/**
 * Read a decompressed shard index. URLs that lack their last slash get it.
 *
 * @throws {FormatError} `shard_syntax`, also when one of the digests is none.
 */
export function decodeShardIndex(bytes: Uint8Array): ShardIndex {
  const index = unpack(bytes, 'shard index');
  if (!isMap(index.info) || !isMap(index.shards))
    throw broken('maps named info and shards', kindOf(index.info ?? index.shards));
  if (typeof index.version === 'number' && index.version > 1) throw broken('version 1', `version ${index.version}`);
  const raw = index.info as JsonObject;
  const shards = Object.entries(index.shards).map(([name, digest]): [string, Sha256] => {
    const sha256 = readDigest(digest, parseSha256);
    if (sha256 === undefined) throw broken(`a SHA-256 for the shard of ${name}`, kindOf(digest));
    return [name, sha256];
  });
  const baseUrl = withSlash(textOf(raw.base_url) ?? '');
  const shardsBaseUrl = withSlash(textOf(raw.shards_base_url) ?? '');
  return { info: { subdir: textOf(raw.subdir), baseUrl, shardsBaseUrl, raw }, shards: new Map(shards) };
}

/** A record as a shard has it: digests as bytes, integers as integers, its run exports inside. */
export function packRecord(record: JsonObject, runExports: RunExports | undefined): Record<string, unknown> {
  const packed: Record<string, unknown> = { ...record };
  const sha256 = readDigest(record.sha256, parseSha256);
  const md5 = readDigest(record.md5, parseMd5);
  packed.sha256 = sha256 && sha256ToBytes(sha256);
  packed.md5 = md5 && md5ToBytes(md5);
  if (sha256 === undefined) delete packed.sha256;
  if (md5 === undefined) delete packed.md5;
  if (runExports !== undefined) packed.run_exports = runExports;
  for (const key of integers) {
    const value = packed[key];
    if (typeof value === 'number') packed[key] = Math.trunc(value);
  }
  return packed;
}

function readMap(bucket: RepodataBucket, map: unknown): ShardRecord[] {
  if (map === undefined || map === null) return [];
  if (!isMap(map)) throw broken(`a map named ${bucket}`, kindOf(map));
  return Object.entries(map).map(([key, value]) => {
    if (!isMap(value)) throw broken(`a record for ${key}`, kindOf(value));
    const { run_exports, ...packed } = value;
    const record = packed as JsonObject;
    for (const [name, parse] of [
      ['sha256', parseSha256],
      ['md5', parseMd5],
    ] as const) {
      if (packed[name] === undefined || packed[name] === null) continue;
      const digest = readDigest<Sha256 | Md5>(packed[name], parse);
      if (digest === undefined) throw broken(`a ${name} for ${key}`, kindOf(packed[name]));
      record[name] = digest;
    }
    return {
      bucket,
      fn: fileNameOf(bucket, key),
      record,
      ...(run_exports === undefined ? {} : { run_exports: toRunExports(run_exports as JsonValue) }),
    };
  });
}

function fileNameOf(bucket: RepodataBucket, key: string): string {
  return bucket.startsWith('v3.') ? key + bucket.slice(2) : key;
}

function readDigest<T>(value: unknown, parse: (hex: string) => T): T | undefined {
  try {
    if (typeof value === 'string') return parse(value);
    if (value instanceof Uint8Array) return parse(bytesToHex(value));
    if (Array.isArray(value)) return parse(bytesToHex(Uint8Array.from(value as number[])));
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
  return undefined;
}

function withSlash(url: string): string {
  return url === '' || url.endsWith('/') ? url : `${url}/`;
}

function unpack(bytes: Uint8Array, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = isWholeMsgpack(bytes) ? decode(bytes) : undefined;
  } catch (cause) {
    throw broken(
      `a ${what} in msgpack`,
      cause instanceof Error ? cause.message.slice(0, 200) : 'something else',
      cause,
    );
  }
  if (!isMap(value)) throw broken(`a ${what} as one map`, kindOf(value));
  return value;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return isJsonObject(value) && !(value instanceof Uint8Array);
}

function broken(wanted: string, found: string, cause?: unknown): FormatError {
  return new FormatError('shard_syntax', 'This shard or shard index is broken: fetch it again or use repodata.json.', {
    wanted,
    found,
    cause,
  });
}
