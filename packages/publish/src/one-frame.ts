import { zstdCompressSync } from 'node:zlib';

/**
 * A shard or an index as one zstd frame that states its unpacked size. What zlib hands out keeps all the room it was given,
 * many times what a shard takes, so it is copied.
 */
export function oneFrame(bytes: Uint8Array): Buffer {
  const { byteLength } = bytes;
  return Buffer.from(zstdCompressSync(bytes, { pledgedSrcSize: byteLength, chunkSize: frameRoom(byteLength) }));
}

/**
 * Room for the frame of so many bytes. Some clients refuse a frame that does not state its unpacked size: into room that is
 * filled to its last byte an empty frame is written behind, so there is more than any frame takes.
 */
export function frameRoom(byteLength: number): number {
  return byteLength + (byteLength >> 7) + 1024;
}
