import type { BlobRef, BlobStore } from '@sluice/storage';

/**
 * The unpacked size in bytes that a zstd frame states in its header; undefined when it states none.
 *
 * @see RFC 8878 §3.1.1.1
 */
export async function zstdContentSize(storage: BlobStore, ref: BlobRef): Promise<number | undefined> {
  const header = Buffer.alloc(18);
  let length = 0;
  for await (const chunk of storage.open(ref, { start: 0, end: Math.min(ref.size, header.length) })) {
    header.set(chunk, length);
    length += chunk.byteLength;
  }
  return contentSize(header);
}

/** As {@link zstdContentSize}, from the first 18 bytes of the frame. */
function contentSize(header: Buffer): number | undefined {
  if (header.readUInt32LE(0) !== 0xfd2fb528) return undefined;
  const descriptor = header[4]!;
  const sizeFlag = descriptor >> 6;
  const singleSegment = (descriptor >> 5) & 1;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  const at = 5 + (singleSegment ? 0 : 1) + dictionaryBytes;
  if (sizeFlag === 0) return singleSegment ? header[at] : undefined;
  if (sizeFlag === 1) return header.readUInt16LE(at) + 256;
  if (sizeFlag === 2) return header.readUInt32LE(at);
  return Number(header.readBigUInt64LE(at));
}
