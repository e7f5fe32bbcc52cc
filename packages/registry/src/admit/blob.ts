import { type BlobRow, type Db, insertBlobs, shareBlobs } from '@sluice/catalog';
import { sha256ToBytes } from '@sluice/formats/digest';
import type { AdmitDeps } from './deps.ts';

/**
 * Make bytes that belong to no record durable as one blob: listings of bundles, files carried along.
 *
 * @param note says who needs it, in the transaction that makes it known: a collection would take it otherwise.
 * @throws what the chunks throw; storage's own errors.
 */
export async function admitBlob(
  deps: Pick<AdmitDeps, 'db' | 'storage' | 'now'>,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  note: (trx: Db, blob: BlobRow) => Promise<void>,
  options: { maxBytes?: number } = {},
): Promise<BlobRow> {
  const receiving = await deps.storage.receive(options);
  try {
    for await (const chunk of chunks) await receiving.write(chunk);
    await receiving.finish();
    receiving.verified();
    return await deps.db.transaction().execute(async (trx) => {
      await shareBlobs(trx);
      const { sha256, size } = await receiving.commit();
      const blob = { sha256: sha256ToBytes(sha256), size, pack: null, pack_offset: null };
      await insertBlobs(trx, [blob], deps.now());
      await note(trx, blob);
      return blob;
    });
  } finally {
    await receiving.discard();
  }
}
