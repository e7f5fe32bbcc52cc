import { createZstdDecompress } from 'node:zlib';
import type { BlobRow } from '@sluice/catalog';
import { linesOf, wholeLinesOf } from '@sluice/formats/bundle';
import { blobRefOf } from './blob-ref.ts';
import type { BundleDeps } from './deps.ts';
import { throughCodec } from './through-codec.ts';

/** Bytes that come out at once, and that may wait, so that more are unpacked while they are read. */
const room = { chunkSize: 1 << 18, readableHighWaterMark: 1 << 20 };

/** The lines of a listing or of contents that is stored. Whoever has enough may leave. */
export function storedLines({ storage }: Pick<BundleDeps, 'storage'>, blob: BlobRow): AsyncIterable<string> {
  return linesOf(unpacked(storage.open(blobRefOf(blob))));
}

/** The same as bytes, each piece cut where lines end. */
export function storedWholeLines({ storage }: Pick<BundleDeps, 'storage'>, blob: BlobRow): AsyncIterable<Uint8Array> {
  return wholeLinesOf(unpacked(storage.open(blobRefOf(blob))));
}

async function* unpacked(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* throughCodec(packed, createZstdDecompress(room));
}
