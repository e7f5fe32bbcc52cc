import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { type BlobColumns, putBlob } from './blob-columns.ts';
import type { BlobRef, BlobStore } from './blob-store.ts';
import { isLoss, StorageError, systemCode } from './errors.ts';
import { lent } from './lent.ts';
import { through } from './through.ts';

/** Bytes that go through a stream at once. */
const pieceBytes = 1 << 20;

/** Bytes that come out at once: with the usual 16 KiB a large document makes thousands of small writes. */
const packedPieceBytes = 1 << 18;

/** Bytes that may wait on either side of a stream, so that both sides work at the same time. */
const waiting = { readableHighWaterMark: 1 << 20, writableHighWaterMark: 1 << 21 };

/** Pieces that may wait to be read, each by itself: else what waits is joined, which copies it. */
const inPieces = { readableObjectMode: true, readableHighWaterMark: 2 };

/** Bytes that compress to one zstd frame: the chunks in order, each done with when the next is asked for, and their sum. */
export interface Unpacked {
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  bytes: number;
}

/** Make bytes of our own durable as one zstd frame that states its unpacked size and has a checksum. Memory holds a few pieces of them. */
export async function putCompressed(
  store: BlobStore,
  { chunks, bytes }: Unpacked,
  level: number,
): Promise<BlobColumns> {
  const compress = () =>
    createZstdCompress({
      ...inPieces,
      // Or what was damaged would be carried over and judged by: most other bytes unpack, too.
      params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 },
      pledgedSrcSize: bytes,
      chunkSize: Math.min(packedPieceBytes, Math.max(4096, bytes)),
    });
  // Begun when somebody reads it: chunks that fail before, while the store opens a file, would fail unheard.
  async function* packed(): AsyncIterable<Uint8Array> {
    yield* lent(through(chunks, compress(), bytes));
  }
  return putBlob(store, packed());
}

/**
 * Read back what {@link putCompressed} wrote, whole, into one array of `unpackedBytes`. What is packed is never held, beside a
 * few pieces.
 *
 * @throws {StorageError} `blob_corrupt` when it is of another size, or does not unpack.
 */
export async function readCompressed(store: BlobStore, ref: BlobRef, unpackedBytes: number): Promise<Uint8Array> {
  // Room for all of it at once: the pieces then lie in it one behind the other, and need not be copied.
  const unpack = createZstdDecompress({ ...waiting, chunkSize: unpackedBytes + roomBehind_bytes });
  const pieces: Uint8Array[] = [];
  let size = 0;
  await pipeline(store.open(ref), unpack, async (chunks: AsyncIterable<Uint8Array>) => {
    for await (const chunk of chunks) {
      size += chunk.byteLength;
      if (size <= unpackedBytes) pieces.push(chunk);
    }
  }).catch((error: unknown) => {
    throw unpackError(error, ref);
  });
  if (size === unpackedBytes) return asOne(pieces, size);
  throw new StorageError('blob_corrupt', `The blob ${ref.sha256} unpacks to ${size} bytes, not ${unpackedBytes}.`, {
    wanted: `${unpackedBytes} bytes`,
    found: `${size} bytes`,
  });
}

/**
 * The same for what can be made again: nothing where its bytes are gone or damaged.
 *
 * @throws {StorageError} what says nothing of these bytes.
 */
export async function readCompressedIfSound(
  store: BlobStore,
  ref: BlobRef,
  unpackedBytes: number,
): Promise<Uint8Array> {
  return (await ifSound(readCompressed(store, ref, unpackedBytes))) ?? new Uint8Array();
}

/** What is made of a blob that can be made again: undefined where its bytes are gone or damaged. */
export async function ifSound<T>(made: Promise<T>): Promise<T | undefined> {
  return made.catch((error: unknown) => {
    if (isLoss(error)) return undefined;
    throw error;
  });
}

/** A room that is full is followed by another of its size, whether it is needed or not. */
const roomBehind_bytes = 64;

/** Pieces as one array: a view where they are neighbours already. */
function asOne(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const [first] = pieces;
  let end = first?.byteOffset ?? 0;
  for (const { buffer, byteOffset, byteLength } of pieces) {
    if (buffer !== first?.buffer || byteOffset !== end) return Buffer.concat(pieces, size);
    end += byteLength;
  }
  return first ? new Uint8Array(first.buffer, first.byteOffset, size) : new Uint8Array();
}

/**
 * What {@link putCompressed} wrote, a piece at a time. Each is valid until the next is asked for.
 *
 * @throws {StorageError} `blob_corrupt` when it does not unpack.
 */
export async function* readCompressedPieces(store: BlobStore, ref: BlobRef): AsyncGenerator<Uint8Array> {
  try {
    yield* lent(through(store.open(ref), createZstdDecompress({ ...inPieces, chunkSize: pieceBytes }), ref.size));
  } catch (error) {
    throw unpackError(error, ref);
  }
}

/** What zlib says of bytes that are none of its own is damage of the blob; any other error stays. */
function unpackError(error: unknown, { sha256 }: BlobRef): unknown {
  const code = systemCode(error);
  if (!code || !/^Z(STD)?_/.test(code)) return error;
  const details = { wanted: 'a zstd frame', found: code, cause: error };
  return new StorageError('blob_corrupt', `The blob ${sha256} does not unpack.`, details);
}
