import { zstdCompressSync } from 'node:zlib';

/**
 * A shard or an index as one zstd frame that states its unpacked size. What zlib hands out keeps all the room it was given,
 * many times what a shard takes, so it is copied.
 */
export function oneFrame(bytes: Uint8Array): Buffer {
  const { byteLength } = bytes;
  // Some clients refuse a frame that does not state its unpacked size. Into room that is filled to its last byte an empty
  // frame is written behind, so there is more than any frame takes.
  const room = byteLength + (byteLength >> 7) + 1024;
  return Buffer.from(zstdCompressSync(bytes, { pledgedSrcSize: byteLength, chunkSize: room }));
}
