import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import { type BlobRow, type Db, findFacts, type Part } from '@sluice/catalog';
import { decodeColumns, encodeColumns, type Facts } from '@sluice/policy';
import { type BlobStore, blobRef, putBlob } from '@sluice/storage';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/**
 * The facts columns of one part of an upstream as they were at `revision`; undefined before its first admission.
 *
 * Exact, because every admission of an index writes the columns of the revision it makes.
 */
export async function sourceFacts(
  deps: { db: Db; storage: BlobStore },
  part: Part,
  revision: number,
): Promise<Facts | undefined> {
  const found = await findFacts(deps.db, part, revision);
  return found && decodeColumns(await decompress(await deps.storage.read(blobRef(found))));
}

/** Write facts as a blob: columns at zstd level 1, since they are read as often as they are written. */
export async function storeFacts(storage: BlobStore, facts: Facts): Promise<BlobRow> {
  const level = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
  return putBlob(storage, [await compress(encodeColumns(facts), level)]);
}
