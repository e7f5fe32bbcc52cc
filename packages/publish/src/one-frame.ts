import { zstdCompressSync } from 'node:zlib';

/**
 * A shard or an index as one zstd frame that states its unpacked size. What zlib hands out keeps all the room it was given,
 * many times what a shard takes, so it is copied.
 */
export function oneFrame(bytes: Uint8Array): Buffer {
  return Buffer.from(roomyFrame(bytes));
}

/**
 * The same frame, in all the room that it was given. Some clients refuse a frame that does not state its unpacked size: into room
 * that is filled to its last byte an empty frame is written behind, so there is more than any frame takes.
 */
export function roomyFrame(bytes: Uint8Array, leastRoom_bytes = 0): Buffer {
  const { byteLength } = bytes;
  const chunkSize = Math.max(byteLength + (byteLength >> 7) + 1024, leastRoom_bytes);
  return zstdCompressSync(bytes, { pledgedSrcSize: byteLength, chunkSize });
}
