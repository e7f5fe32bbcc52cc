import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import {
  encodeShard,
  encodeShardIndex,
  isJsonObject,
  type JsonObject,
  parseFileName,
  type RepodataBucket,
  type ShardRecord,
  toRunExports,
} from '@sluice/formats/conda';
import { parseSha256, type Sha256 } from '@sluice/formats/digest';

/** How a channel's shards are written; each field on its own. */
export interface ShardStyle {
  /** Of the index; './shards/' unless told otherwise. */
  shardsBaseUrl?: string;
  baseUrl?: string;
  /** Instead of ours: other bytes of a shard, of the index. */
  encodeShard?: (records: readonly ShardRecord[]) => Uint8Array;
  encodeIndex?: (info: JsonObject, shards: ReadonlyMap<string, Sha256>) => Uint8Array;
}

/**
 * Write the shards of a subdir whose repodata.json and run_exports.json lie in `channel`, and take those documents away.
 *
 * @returns the digest of each name's shard.
 */
export function writeCondaShards(channel: string, subdir: string, style: ShardStyle = {}): Map<string, Sha256> {
  const folder = path.join(channel, subdir);
  const names = new Map<string, ShardRecord[]>();
  for (const record of recordsOf(folder)) {
    const { name } = parseFileName(record.fn);
    names.set(name, [...(names.get(name) ?? []), record]);
  }
  const shardsFolder = path.join(folder, 'shards');
  mkdirSync(shardsFolder, { recursive: true });
  const digests = new Map<string, Sha256>();
  for (const [name, records] of names) {
    const bytes = zstdCompressSync(style.encodeShard?.(records) ?? encodeShard({ records, removed: [] }));
    const sha256 = parseSha256(createHash('sha256').update(bytes).digest('hex'));
    writeFileSync(path.join(shardsFolder, `${sha256}.msgpack.zst`), bytes);
    digests.set(name, sha256);
  }
  const info = {
    subdir,
    base_url: style.baseUrl ?? './',
    shards_base_url: style.shardsBaseUrl ?? './shards/',
    created_at: '2026-11-21T00:00:00Z',
  };
  const index = style.encodeIndex?.(info, digests) ?? encodeShardIndex(info, digests);
  writeFileSync(path.join(folder, 'repodata_shards.msgpack.zst'), zstdCompressSync(index));
  return digests;
}

/** Take the documents of a subdir away, so that only its shards are left. */
export function removeCondaDocuments(channel: string, subdir: string): void {
  for (const name of ['repodata.json', 'repodata.json.zst', 'run_exports.json', 'run_exports.json.zst']) {
    rmSync(path.join(channel, subdir, name), { force: true });
  }
}

function recordsOf(folder: string): ShardRecord[] {
  const read = (name: string) =>
    JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as Record<string, JsonObject>;
  const repodata = read('repodata.json');
  const runExports = read('run_exports.json');
  const maps: [RepodataBucket, string][] = [
    ['packages', 'packages'],
    ['packages.conda', 'packages.conda'],
  ];
  return maps.flatMap(([bucket, map]) =>
    Object.entries(repodata[map] ?? {}).map(([fn, record]) => {
      const listed = runExports[map]?.[fn];
      return {
        bucket,
        fn,
        record: record as JsonObject,
        run_exports: toRunExports((isJsonObject(listed) ? listed.run_exports : null) ?? null),
      };
    }),
  );
}
