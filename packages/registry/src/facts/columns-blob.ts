import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import type { BlobRow } from '@sluice/catalog';
import { sha256ToBytes } from '@sluice/formats/digest';
import { encodeColumns, type Facts } from '@sluice/policy';
import type { BlobStore } from '@sluice/storage';

const compressAsync = promisify(zstdCompress);

export const decompress = promisify(zstdDecompress);

/**
 * Write facts as a blob: the columns, zstd-compressed at level 1, since they are read as often as they are written.
 *
 * @returns the row that the caller's transaction inserts.
 */
export async function storeColumns(storage: BlobStore, facts: Facts): Promise<BlobRow> {
  const bytes = await compressAsync(encodeColumns(facts), { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
  const receiving = await storage.receive();
  try {
    await receiving.write(bytes);
    await receiving.finish();
    receiving.verified();
    const { sha256, size } = await receiving.commit();
    return { sha256: sha256ToBytes(sha256), size, pack: null, pack_offset: null };
  } finally {
    await receiving.discard();
  }
}
