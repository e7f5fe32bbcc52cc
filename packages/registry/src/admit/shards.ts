import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { findShardBlobs, insertBlobs, type PartOrigin, type SourceShardRow } from '@sluice/catalog';
import { type ReadShard, readShard, writeJson } from '@sluice/formats/conda';
import { signatureOfWords } from '@sluice/policy';
import { blobRef, putSmallBlobs } from '@sluice/storage';
import { RegistryError } from '../errors.ts';
import type { AdmitDeps, Guard } from './deps.ts';
import { noWheels } from './index-document.ts';
import { nameOf } from './part-difference.ts';
import { type PartFeed, type PartRefresh, refreshPart } from './refresh-part.ts';
import { runExportsOfIndex } from './run-exports-text.ts';

const decompress = promisify(zstdDecompress);
const encoder = new TextEncoder();

/** Unpacked bytes of a shard that are read; conda reads 16 MiB. */
const mostBytes = 64 * 1024 * 1024;
/** Unpacked bytes of a shard that every client reads. */
const mostServedBytes = 16 * 1024 * 1024;
/** Shards read at once; one is some 3 KB. */
const portion = 500;

/** A shard of an upstream's index: the package name, and the digest of the file. */
export interface ListedShard {
  name: string;
  sha256: Uint8Array;
}

/** Make the files of shards durable, digests verified by the caller. They belong to nothing until {@link admitShards}. */
export async function admitShardFiles(deps: AdmitDeps, files: readonly Uint8Array[], guard?: Guard): Promise<void> {
  const blobs = await putSmallBlobs(deps.storage, files);
  await deps.db.transaction().execute(async (trx) => {
    await insertBlobs(trx, blobs, deps.now());
    await guard?.(trx);
  });
}

/**
 * An upstream's index of shards becomes the new state of one part of its source: the records of the shards that changed
 * are read, all others stay as they are. The files of the changed shards are here already ({@link admitShardFiles}).
 *
 * A record's text is what repodata.json would have: sorted keys, digests in hex, run exports apart.
 *
 * @throws {RegistryError} `shard_broken` when one is none, or lists files of another package; nothing is changed then.
 *   {@link refreshPart}'s errors.
 */
export async function admitShards(
  deps: AdmitDeps,
  input: {
    sourceId: number;
    subdir: string;
    changed: readonly ListedShard[];
    gone: readonly string[];
    /** Whether `changed` is the whole index: what is listed nowhere in it is gone. */
    isWhole: boolean;
    finish: () => PartOrigin;
    guard?: Guard;
    onProgress?: (shards: number) => void;
  },
): Promise<PartRefresh> {
  const begun: SourceShardRow[] = [];
  return refreshPart(deps, {
    sourceId: input.sourceId,
    subdir: input.subdir,
    rest: input.isWhole ? 'gone' : 'kept',
    origin: input.finish,
    guard: input.guard,
    shards: () => ({ ended: [...input.changed.map(({ name }) => name), ...input.gone], begun }),
    async feed(to) {
      if (!input.isWhole) for (const name of input.gone) to.renew(name.toLowerCase());
      for (let at = 0; at < input.changed.length; at += portion) {
        const some = input.changed.slice(at, at + portion);
        const places = new Map(
          (
            await findShardBlobs(
              deps.db,
              some.map(({ sha256 }) => sha256),
            )
          ).map((row) => [hex(row.sha256), row]),
        );
        for (const { name, sha256 } of some) {
          const place = places.get(hex(sha256));
          if (!place) throw broken(name, 'its file', 'nothing');
          const signature = await takeShard(to, name, await deps.storage.read(blobRef(place)), input.isWhole);
          begun.push({ name, sha256, signature });
        }
        input.onProgress?.(at + some.length);
        await to.drained();
      }
    },
  });
}

/** @returns the signature of its records; null when the shard may not be handed on as it is. */
async function takeShard(to: PartFeed, name: string, file: Uint8Array, isWhole: boolean): Promise<Uint8Array | null> {
  const { shard, bytes } = await unpacked(name, file);
  if (!isWhole) to.renew(name.toLowerCase());
  for (const stem of shard.leftOut) to.refuse(`${stem}.whl`, noWheels);
  const words: number[] = [];
  let whole = shard.canonical && bytes <= mostServedBytes;
  for (const { bucket, fn, record, run_exports } of shard.records) {
    if (nameOf(fn) !== name.toLowerCase()) throw broken(name, `files of ${name}`, fn);
    const body = encoder.encode(writeJson(record));
    const extra = run_exports === undefined ? null : runExportsOfIndex({ ...run_exports });
    const isV3 = bucket.startsWith('v3.');
    const { v3, word } = to.take(fn, body, { v3: isV3, extra });
    if (word && v3 === isV3) words.push(...word);
    else whole = false;
  }
  return whole ? signatureOfWords(words) : null;
}

async function unpacked(name: string, file: Uint8Array): Promise<{ shard: ReadShard; bytes: number }> {
  try {
    const bytes = await decompress(file, { maxOutputLength: mostBytes });
    return { shard: readShard(bytes), bytes: bytes.byteLength };
  } catch (cause) {
    throw broken(name, 'a shard', 'other bytes', cause);
  }
}

function broken(name: string, wanted: string, found: string, cause?: unknown): RegistryError {
  return new RegistryError(
    'shard_broken',
    `The upstream's shard of ${name} is broken; nothing of its index was taken.`,
    {
      wanted,
      found,
      cause,
    },
  );
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
