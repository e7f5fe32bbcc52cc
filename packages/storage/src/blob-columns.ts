import { bytesToHex, type Sha256, sha256ToBytes } from '@sluice/formats/digest';
import type { BlobRef, BlobStore } from './blob-store.ts';

/** A blob as a table keeps it: the digest as raw bytes, sizes in bytes, the place in a pack or two nulls. */
export interface BlobColumns {
  sha256: Uint8Array;
  size: number;
  pack: string | null;
  pack_offset: number | null;
}

/** A table's row as the reference that a store wants. */
export function blobRef(row: BlobColumns): BlobRef {
  const pack = row.pack === null || row.pack_offset === null ? undefined : { id: row.pack, offset: row.pack_offset };
  return { sha256: bytesToHex(row.sha256) as Sha256, size: row.size, ...(pack && { pack }) };
}

/** Make bytes of our own durable as one blob of their own. @returns the row to insert. */
export async function putBlob(
  store: BlobStore,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<BlobColumns> {
  const receiving = await store.receive({ md5: false });
  try {
    for await (const chunk of chunks) await receiving.write(chunk);
    await receiving.finish();
    receiving.verified();
    const { sha256, size } = await receiving.commit();
    return { sha256: sha256ToBytes(sha256), size, pack: null, pack_offset: null };
  } finally {
    await receiving.discard();
  }
}

/** Make many small blobs of our own durable as one pack. @returns their rows, in the order given. */
export async function putSmallBlobs(store: BlobStore, items: readonly Uint8Array[]): Promise<BlobColumns[]> {
  const packed = await store.putPack(items);
  return packed.map(({ sha256, pack, offset, length }) => ({
    sha256: sha256ToBytes(sha256),
    size: length,
    pack,
    pack_offset: offset,
  }));
}
