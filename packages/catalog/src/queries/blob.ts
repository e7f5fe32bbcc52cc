import { sql } from 'kysely';
import type { Db } from '../session.ts';

/** A blob's row, as storage wants to know it. `sha256` is raw bytes, sizes in bytes. */
export interface BlobRow {
  sha256: Uint8Array;
  size: number;
  pack: string | null;
  pack_offset: number | null;
}

/** Rows written by one statement; as arrays, since a parameter for every value would cost a hundred bytes each. */
const portion = 5000;

/** Note that these blobs are stored and durable. A blob that is already known keeps its place, and is condemned no more. */
export async function insertBlobs(db: Db, blobs: readonly BlobRow[], now: Date): Promise<void> {
  // In one order everywhere: two publications of the same upstream would otherwise wait for each other's rows in a circle.
  const sorted = blobs.toSorted((a, b) => Buffer.compare(a.sha256, b.sha256));
  // Two documents may be the same bytes; one statement may touch a row once.
  const ordered = sorted.filter((row, i) => i === 0 || Buffer.compare(row.sha256, sorted[i - 1]!.sha256) !== 0);
  for (let at = 0; at < ordered.length; at += portion) {
    const rows = ordered.slice(at, at + portion);
    await sql`
      insert into blob (sha256, size, pack, pack_offset, created_at)
      select sha256, size, pack, pack_offset, ${now} from unnest(
        ${rows.map((row) => Buffer.from(row.sha256))}::bytea[], ${rows.map((row) => row.size)}::bigint[],
        ${rows.map((row) => row.pack)}::text[], ${rows.map((row) => row.pack_offset)}::bigint[]
      ) as row(sha256, size, pack, pack_offset)
      on conflict (sha256) do update set condemned_at = null where blob.condemned_at is not null`.execute(db);
  }
}

/** Note that these blobs, which are known, lie here now: their bytes were made again, since those of before were lost. */
export async function placeBlobs(db: Db, blobs: readonly BlobRow[]): Promise<void> {
  for (let at = 0; at < blobs.length; at += portion) {
    const rows = blobs.slice(at, at + portion);
    await sql`
      update blob set pack = row.pack, pack_offset = row.pack_offset from unnest(
        ${rows.map((row) => Buffer.from(row.sha256))}::bytea[],
        ${rows.map((row) => row.pack)}::text[], ${rows.map((row) => row.pack_offset)}::bigint[]
      ) as row(sha256, pack, pack_offset) where blob.sha256 = row.sha256`.execute(db);
  }
}

/**
 * Rely on blobs without bringing their bytes in again: those that were condemned are so no more. Which of them are here
 * must be asked afterwards, since one may be going just now.
 */
export async function keepBlobs(db: Db, digests: readonly Uint8Array[]): Promise<void> {
  for (let at = 0; at < digests.length; at += 10_000) {
    const kept = digests.slice(at, at + 10_000).map((digest) => Buffer.from(digest));
    await sql`
      update blob set condemned_at = null
      where sha256 = any(${kept}::bytea[]) and condemned_at is not null`.execute(db);
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

/** Where blobs lie, by their digests in lower-case hex; those that are not local are left out. */
export async function blobsByDigest(db: Db, digests: readonly Uint8Array[]): Promise<Map<string, BlobRow>> {
  const { rows } = await sql<BlobRow>`
    select sha256, size, pack, pack_offset from blob
    where sha256 = any(${digests.map((digest) => Buffer.from(digest))}::bytea[])`.execute(db);
  return new Map(rows.map((row) => [Buffer.from(row.sha256).toString('hex'), row]));
}

/** Which of these digests have local bytes. Asks in portions, answers with their lower-case hex. */
export async function localDigests(db: Db, digests: readonly Uint8Array[]): Promise<Set<string>> {
  const local = new Set<string>();
  for (let at = 0; at < digests.length; at += 10_000) {
    const asked = digests.slice(at, at + 10_000).map((digest) => Buffer.from(digest));
    const { rows } = await sql<{ sha256: Buffer }>`
      select sha256 from blob where sha256 = any(${asked}::bytea[])`.execute(db);
    for (const row of rows) local.add(row.sha256.toString('hex'));
  }
  return local;
}
