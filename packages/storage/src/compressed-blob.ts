import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { constants, createZstdCompress, zstdDecompress } from 'node:zlib';
import { type BlobColumns, putBlob } from './blob-columns.ts';
import type { BlobRef, BlobStore } from './blob-store.ts';

const decompress = promisify(zstdDecompress);

/** Bytes that go through a stream at once. */
const pieceBytes = 1 << 20;

/** Bytes that come out at once: with the usual 16 KiB a large document makes thousands of small writes. */
const packedPieceBytes = 1 << 18;

/** Bytes that compress to one zstd frame: the chunks in order, and their sum. */
export interface Unpacked {
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  bytes: number;
}

/** Make bytes of our own durable as one zstd frame that states its unpacked size. Memory holds a few pieces of them. */
export async function putCompressed(
  store: BlobStore,
  { chunks, bytes }: Unpacked,
  level: number,
): Promise<BlobColumns> {
  const compress = () =>
    createZstdCompress({
      params: { [constants.ZSTD_c_compressionLevel]: level },
      pledgedSrcSize: bytes,
      chunkSize: Math.min(packedPieceBytes, Math.max(4096, bytes)),
    });
  // Begun when somebody reads it: chunks that fail before, while the store opens a file, would fail unheard.
  async function* packed(): AsyncIterable<Uint8Array> {
    yield* Readable.from(pieces(chunks)).compose(compress());
  }
  return putBlob(store, packed());
}

/** Read back what {@link putCompressed} wrote, whole, into one array of `unpackedBytes`. */
export async function readCompressed(store: BlobStore, ref: BlobRef, unpackedBytes: number): Promise<Uint8Array> {
  // One chunk of just that size: with several the library would join them, and hold everything twice.
  return decompress(await store.read(ref), { chunkSize: Math.max(64, unpackedBytes) });
}

async function* pieces(chunks: Unpacked['chunks']): AsyncIterable<Uint8Array> {
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.byteLength; at += pieceBytes) yield chunk.subarray(at, at + pieceBytes);
  }
}
