import { type BlobRow, type Db, insertBlobs, shareBlobs } from '@sluice/catalog';
import { sha256ToBytes } from '@sluice/formats/digest';
import type { Receiving } from '@sluice/storage';
import type { AdmitDeps } from './deps.ts';

type BlobDeps = Pick<AdmitDeps, 'db' | 'storage' | 'now'>;
type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Make bytes that belong to no record durable as one blob: listings of bundles, files carried along.
 *
 * @param note says who needs it, in the transaction that makes it known: a collection would take it otherwise.
 * @throws what the chunks throw; storage's own errors.
 */
export async function admitBlob(
  deps: BlobDeps,
  chunks: Chunks,
  note: (trx: Db, blob: BlobRow) => Promise<void>,
  options: { maxBytes?: number } = {},
): Promise<BlobRow> {
  const received = await receiveBlobs(deps, [chunks], options);
  const [blob] = received.blobs;
  try {
    await deps.db.transaction().execute(async (trx) => {
      await received.commit(trx);
      await note(trx, blob!);
    });
    return blob!;
  } finally {
    await received.discard();
  }
}

/** Blobs whose bytes have come and are neither durable nor known yet. */
export interface ReceivedBlobs {
  blobs: readonly BlobRow[];
  /** Make them durable and known, as the first thing in a transaction that also says who needs them. */
  commit(trx: Db): Promise<void>;
  /** Give up what was not committed. */
  discard(): Promise<void>;
}

/**
 * Take in the bytes of some blobs, each read when the one before is in, to make them durable together: the disk syncs them at the
 * same time.
 *
 * @throws what the chunks throw; storage's own errors.
 */
export async function receiveBlobs(
  deps: BlobDeps,
  several: Iterable<Chunks>,
  options: { maxBytes?: number } = {},
): Promise<ReceivedBlobs> {
  const receivings: Receiving[] = [];
  const blobs: BlobRow[] = [];
  async function discard(): Promise<void> {
    for (const receiving of receivings) await receiving.discard();
  }
  try {
    for (const chunks of several) {
      const receiving = await deps.storage.receive(options);
      receivings.push(receiving);
      for await (const chunk of chunks) await receiving.write(chunk);
      const { sha256, size } = await receiving.finish();
      receiving.verified();
      blobs.push({ sha256: sha256ToBytes(sha256), size, pack: null, pack_offset: null });
    }
  } catch (error) {
    await discard();
    throw error;
  }
  async function commit(trx: Db): Promise<void> {
    await shareBlobs(trx);
    await deps.storage.commitMany(receivings);
    await insertBlobs(trx, blobs, deps.now());
  }
  return { blobs, commit, discard };
}
