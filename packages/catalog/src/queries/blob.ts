import type { Db } from '../session.ts';

/** A blob's row, as storage wants to know it. `sha256` is raw bytes, sizes in bytes. */
export interface BlobRow {
  sha256: Uint8Array;
  size: number;
  pack: string | null;
  pack_offset: number | null;
}

/** Note that these blobs are stored and durable. A blob that is already known keeps its place. */
export async function insertBlobs(db: Db, blobs: readonly BlobRow[], now: Date): Promise<void> {
  for (let at = 0; at < blobs.length; at += 5000) {
    const rows = blobs.slice(at, at + 5000).map((blob) => ({ ...blob, created_at: now }));
    await db
      .insertInto('blob')
      .values(rows)
      .onConflict((conflict) => conflict.column('sha256').doNothing())
      .execute();
  }
}

/** Where a blob lies, or undefined when its bytes are not local. */
export async function findBlob(db: Db, sha256: Uint8Array): Promise<BlobRow | undefined> {
  return db
    .selectFrom('blob')
    .select(['sha256', 'size', 'pack', 'pack_offset'])
    .where('sha256', '=', sha256)
    .executeTakeFirst();
}

/** Which of these digests have local bytes. Asks in portions, answers with their lower-case hex. */
export async function localDigests(db: Db, digests: readonly Uint8Array[]): Promise<Set<string>> {
  const local = new Set<string>();
  for (let at = 0; at < digests.length; at += 10_000) {
    const rows = await db
      .selectFrom('blob')
      .select('sha256')
      .where('sha256', 'in', digests.slice(at, at + 10_000))
      .execute();
    for (const row of rows) local.add(Buffer.from(row.sha256).toString('hex'));
  }
  return local;
}
