import { type Db, keepBlobs, localDigests } from '@sluice/catalog';

/** Which of these digests are here, in hex. What is here is not fetched, and so must stay: a collection leaves it alone. */
export async function keptLocal(db: Db, digests: readonly Uint8Array[]): Promise<ReadonlySet<string>> {
  await keepBlobs(db, digests);
  return localDigests(db, digests);
}
