import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { decodeShard, decodeShardIndex, type JsonObject } from '@sluice/formats/conda';
import { readIndex } from '../sluice/head.ts';

/** What an index says of each file: its digest and what it depends on, as one text. */
export type ListedFiles = ReadonlyMap<string, string>;

type Record = JsonObject & { sha256?: unknown; depends?: unknown };

/** What an indexer wrote into a folder: the monolith. @throws when its shards say anything else. */
export function filesOfFolder(folder: string): ListedFiles {
  const subdir = path.join(folder, 'linux-64');
  const files = filesOfRepodata(readFileSync(path.join(subdir, 'repodata.json.zst')));
  const { shards, info } = decodeShardIndex(
    zstdDecompressSync(readFileSync(path.join(subdir, 'repodata_shards.msgpack.zst'))),
  );
  const sharded = new Map<string, string>();
  for (const sha256 of shards.values()) {
    const file = path.join(subdir, info.shardsBaseUrl, `${sha256}.msgpack.zst`);
    addShard(sharded, readFileSync(file), sha256);
  }
  expectSame(files, sharded, `the monolith of ${folder}`, 'its shards');
  return files;
}

/** What a server publishes: the monolith. @throws when its shards say anything else. */
export async function filesOfServer(channelUrl: string): Promise<ListedFiles> {
  const files = filesOfRepodata(await bytesAt(`${channelUrl}/linux-64/repodata.json.zst`));
  const index = await readIndex(`${channelUrl}/linux-64/repodata_shards.msgpack.zst`);
  const sharded = new Map<string, string>();
  for (const sha256 of index.shards.values()) addShard(sharded, await bytesAt(index.shardUrl(sha256)), sha256);
  expectSame(files, sharded, `the monolith of ${channelUrl}`, 'its shards');
  return files;
}

/** @throws when two indexes do not list the same files with the same digests and requirements. */
export function expectSame(one: ListedFiles, other: ListedFiles, oneIs: string, otherIs: string): void {
  for (const file of new Set([...one.keys(), ...other.keys()])) {
    if (one.get(file) === other.get(file)) continue;
    throw new Error(
      `${oneIs} (${one.size}) and ${otherIs} (${other.size}) differ in ${file}: ${one.get(file)}, ${other.get(file)}`,
    );
  }
}

/** The text for one file; requirements in the order of the package. */
function listedFile({ sha256, depends }: Record): string {
  return JSON.stringify([sha256, depends]);
}

function filesOfRepodata(compressed: Buffer): Map<string, string> {
  const { packages, 'packages.conda': conda } = JSON.parse(zstdDecompressSync(compressed).toString());
  return new Map(Object.entries<Record>({ ...packages, ...conda }).map(([file, record]) => [file, listedFile(record)]));
}

function addShard(files: Map<string, string>, bytes: Buffer, sha256: string): void {
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw new Error(`A shard is not ${sha256}.`);
  for (const { fn, record } of decodeShard(zstdDecompressSync(bytes)).records) files.set(fn, listedFile(record));
}

async function bytesAt(url: string): Promise<Buffer> {
  const response = await fetch(url);
  if (response.status !== 200) throw new Error(`GET ${url} answered ${response.status}.`);
  return Buffer.from(await response.arrayBuffer());
}
