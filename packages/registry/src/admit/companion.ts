import { readWheelMetadata } from '@sluice/archives';
import { type BlobRow, type CompanionPlace, insertBlobs, saveCompanions, shareBlobs } from '@sluice/catalog';
import { fileNameOf } from '@sluice/formats/package';
import { blobRef, putSmallBlobs } from '@sluice/storage';
import type { AdmitDeps } from './deps.ts';

/** Keep what stands beside a file: its bytes first, then the row. @returns where it lies. */
export async function admitCompanion(deps: AdmitDeps, place: CompanionPlace, bytes: Uint8Array): Promise<BlobRow> {
  return deps.db.transaction().execute(async (trx) => {
    await shareBlobs(trx);
    const [blob] = await putSmallBlobs(deps.storage, [bytes]);
    await insertBlobs(trx, [blob!], deps.now());
    await saveCompanions(trx, [{ ...place, blob: blob!.sha256 }]);
    return blob!;
  });
}

/**
 * The METADATA of a wheel that is here, to the byte: a few reads of its end.
 *
 * @param file its key, `<project>/<file name>`.
 * @throws {ArchiveError} when it cannot be read.
 */
export async function storedWheelMetadata(deps: AdmitDeps, blob: BlobRow, file: string): Promise<Uint8Array> {
  const ref = blobRef(blob);
  const read = async (position: number, length: number) => {
    const parts: Uint8Array[] = [];
    const end = Math.min(position + length, ref.size);
    for await (const part of deps.storage.open(ref, { start: position, end })) parts.push(part);
    return Buffer.concat(parts);
  };
  const { metadataBytes } = await readWheelMetadata({ size: ref.size, read }, fileNameOf('python', file), {
    limits: deps.limits ?? {},
  });
  return metadataBytes;
}
