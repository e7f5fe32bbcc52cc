import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createZstdDecompress, zstdDecompressSync } from 'node:zlib';
import { createRepodataScanner, decodeShard } from '@sluice/formats/conda';
import type { PublishedIndex } from '../sluice/head.ts';
import { printSet, type RecordSet, recordSum } from './record-sum.ts';

/** Read a published `repodata.json.zst` to its end. @throws when it is not there or not whole. */
export async function publishedRecords(url: string): Promise<RecordSet> {
  const response = await fetch(url);
  if (response.status !== 200) throw new Error(`GET ${url} answered ${response.status}.`);
  const sum = recordSum();
  const scanner = createRepodataScanner({ onRecord: (_bucket, file, record) => sum.add(file, record) });
  const bytes = Readable.fromWeb(response.body as import('node:stream/web').ReadableStream);
  for await (const chunk of bytes.pipe(createZstdDecompress())) scanner.push(chunk);
  scanner.end();
  return sum.result();
}

/** Reads published shards; each digest once. */
export interface ShardReader {
  /** The records of each name, as one text. @throws when a shard is not there, or not the one of that digest. */
  read(index: PublishedIndex): Promise<Map<string, string>>;
}

const atOnce = 16;

/** A reader that knows no shard yet. */
export function shardReader(): ShardReader {
  const known = new Map<string, string>();
  return {
    read: async (index) => {
      const missing = new Set([...index.shards.values()].filter((sha256) => !known.has(sha256))).values();
      const working = Array.from({ length: atOnce }, async () => {
        for (const sha256 of missing) known.set(sha256, await readShard(index.shardUrl(sha256), sha256));
      });
      await Promise.all(working);
      return new Map(Array.from(index.shards, ([name, sha256]) => [name, known.get(sha256)!]));
    },
  };
}

async function readShard(url: string, sha256: string): Promise<string> {
  const response = await fetch(url);
  const bytes = Buffer.from(await response.arrayBuffer());
  if (response.status !== 200) throw new Error(`GET ${url} answered ${response.status}.`);
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw new Error(`${url} has another digest.`);
  const sum = recordSum();
  for (const { fn, record } of decodeShard(zstdDecompressSync(bytes)).records) {
    // The generated records are flat and sorted, so this is their very text.
    sum.add(fn, JSON.stringify(Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))));
  }
  return printSet(sum.result());
}
