import { encode } from '@msgpack/msgpack';
import { parseJson, parseJsonObject } from './json.ts';
import { type MsgpackWriter, msgpackWriter } from './json-to-msgpack.ts';
import { bucketKey, type RepodataBucket } from './repodata-document.ts';
import { toRunExports } from './run-exports.ts';
import { packRecord } from './shards.ts';

/** One record of a shard as the texts it is kept in. */
export interface ShardText {
  bucket: RepodataBucket;
  /** ASCII, as file names of packages are. */
  fn: string;
  /** As in repodata.json. */
  body: Uint8Array;
  /** As JSON; null when not known. */
  run_exports: Uint8Array | null;
}

/** One for all, since thousands are written in a row. */
const writer = msgpackWriter();
const noFiles = encode([]);

/**
 * Write one shard of the records' texts, before compression: the bytes that {@link encodeShard} gives for the values they
 * hold, in a fraction of the time.
 *
 * @throws {FormatError} `record_shape`, `run_exports_json`.
 */
export function encodeShardTexts(texts: readonly ShardText[]): Uint8Array<ArrayBuffer> {
  writer.clear();
  const maps: Record<RepodataBucket, ShardText[]> = {
    packages: [],
    'packages.conda': [],
    'v3.conda': [],
    'v3.tar.bz2': [],
  };
  for (const text of texts) maps[text.bucket].push(text);
  const hasV3 = maps['v3.conda'].length + maps['v3.tar.bz2'].length > 0;
  const writeMap = (key: string, bucket: RepodataBucket) => {
    writer.text(key);
    const entries = maps[bucket].map((text): [string, ShardText] => [bucketKey(bucket, text.fn), text]);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    writer.map(entries.length);
    for (const [fn, text] of entries) {
      writer.text(fn);
      writeShardText(writer, text);
    }
  };
  writer.map(hasV3 ? 4 : 3);
  writeMap('packages', 'packages');
  writeMap('packages.conda', 'packages.conda');
  writer.text('removed');
  writer.raw(noFiles);
  if (hasV3) {
    writer.text('v3');
    writer.map(2);
    writeMap('conda', 'v3.conda');
    writeMap('tar.bz2', 'v3.tar.bz2');
  }
  return writer.bytes();
}

/**
 * Write the record of a shard of its text.
 *
 * @throws {FormatError} `record_shape`, `run_exports_json`.
 */
export function writeShardText(writer: MsgpackWriter, { fn, body, run_exports }: ShardText): void {
  const exports = run_exports ? toRunExports(parseJson(run_exports, fn, 'run_exports_json')) : undefined;
  if (writer.plainRecord(body, exports && encode(exports, { sortKeys: true }))) return;
  writer.raw(encode(packRecord(parseJsonObject(body, fn, 'record_shape'), exports), { sortKeys: true }));
}
