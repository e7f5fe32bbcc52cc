import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { BlobRow } from './blob.ts';

/** So many blobs, of so many bytes. */
export interface BlobAmount {
  count: number;
  bytes: number;
}

const amount = sql<BlobAmount>`count(*)::int as count, coalesce(sum(size), 0)::float8 as bytes`;

/** Condemn blobs that nothing needs: they go when the next but one collection still finds them so. */
export async function condemnBlobs(db: Db, digests: readonly Buffer[], now: Date): Promise<BlobAmount> {
  const { rows } = await sql<BlobAmount>`
    with condemned as (
      update blob set condemned_at = ${now} where sha256 = any(${[...digests]}::bytea[]) and condemned_at is null
      returning size
    ) select ${amount} from condemned`.execute(db);
  return rows[0]!;
}

/** What these blobs are that nothing needs: those to be condemned, and those that were so since `due` and may go. */
export async function weighBlobs(
  db: Db,
  digests: readonly Buffer[],
  due: Date,
): Promise<{ condemned: BlobAmount; removed: BlobAmount }> {
  const { rows } = await sql<BlobAmount & { state: 'new' | 'due' | 'waiting' }>`
    select ${amount}, case when condemned_at is null then 'new' when condemned_at <= ${due} then 'due' else 'waiting' end as state
    from blob where sha256 = any(${[...digests]}::bytea[]) group by state`.execute(db);
  const of = (state: string): BlobAmount => {
    const found = rows.find((row) => row.state === state);
    return { count: found?.count ?? 0, bytes: found?.bytes ?? 0 };
  };
  return { condemned: of('new'), removed: of('due') };
}

/** A page of the condemned blobs, in the order of their digests. */
export async function condemnedBlobs(db: Db, after: Uint8Array, limit: number): Promise<Buffer[]> {
  const { rows } = await sql<{ sha256: Buffer }>`
    select sha256 from blob where condemned_at is not null and sha256 > ${Buffer.from(after)}
    order by sha256 limit ${limit}`.execute(db);
  return rows.map(({ sha256 }) => sha256);
}

/** A blob whose row is gone, and since when it was condemned. */
export interface RemovedBlob extends BlobRow {
  condemned_at: Date;
}

/**
 * Remove the rows of blobs that have been condemned since before `due`, unless a row refers to them after all. The caller
 * is alone with the blobs (`withBlobsAlone`), and removes their files afterwards.
 *
 * @returns the digest of the last one looked at, undefined when there was none; and what went.
 */
export async function removeCondemned(
  trx: Db,
  due: Date,
  after: Uint8Array,
  limit: number,
): Promise<{ last: Buffer | undefined; removed: RemovedBlob[] }> {
  // Locked in a statement of its own: then no row can begin to refer to them, and what follows sees those that did before.
  const { rows: locked } = await sql<{ sha256: Buffer }>`
    select sha256 from blob where condemned_at <= ${due} and sha256 > ${Buffer.from(after)}
    order by sha256 limit ${limit} for update skip locked`.execute(trx);
  if (locked.length === 0) return { last: undefined, removed: [] };
  const digests = locked.map(({ sha256 }) => sha256);
  const { rows: referred } = await sql<{ sha256: Buffer }>`
    update blob set condemned_at = null where sha256 = any(${digests}::bytea[]) and (
      exists (select from entry where entry.blob = blob.sha256)
      or exists (select from monolith where monolith.blob = blob.sha256)
      or exists (select from facts where facts.blob = blob.sha256)
      or exists (select from needed_files where needed_files.blob = blob.sha256)
      or exists (select from needed_files where needed_files.lines = blob.sha256)
      or exists (select from source_shard where source_shard.blob = blob.sha256)
      or exists (select from source_list where source_list.blob = blob.sha256)
      or exists (select from project_list where project_list.blob = blob.sha256)
      or exists (select from record_companion where record_companion.blob = blob.sha256)
      or exists (select from bundle where bundle.contents = blob.sha256)
      or exists (select from bundle_blob where bundle_blob.blob = blob.sha256)
    ) returning sha256`.execute(trx);
  const kept = new Set(referred.map(({ sha256 }) => sha256.toString('hex')));
  const going = digests.filter((digest) => !kept.has(digest.toString('hex')));
  // The file is fetched again when somebody asks for it, and its digest computed anew.
  await sql`delete from record_digest where sha256 = any(${going}::bytea[])`.execute(trx);
  const { rows: removed } = await sql<RemovedBlob>`
    delete from blob where sha256 = any(${going}::bytea[])
    returning sha256, size, pack, pack_offset, condemned_at`.execute(trx);
  return { last: digests.at(-1), removed };
}

/** How much lies in packs: blobs and their bytes, by pack. Packs without any are left out. */
export async function packUse(db: Db, packs: readonly string[]): Promise<Map<string, BlobAmount>> {
  const { rows } = await sql<BlobAmount & { pack: string }>`
    select pack, ${amount} from blob where pack = any(${[...packs]}::text[]) group by pack`.execute(db);
  return new Map(rows.map(({ pack, count, bytes }) => [pack, { count, bytes }]));
}

/** The blobs of a pack, in their order there. */
export async function packedBlobs(db: Db, pack: string): Promise<BlobRow[]> {
  return db
    .selectFrom('blob')
    .select(['sha256', 'size', 'pack', 'pack_offset'])
    .where('pack', '=', pack)
    .orderBy('pack_offset')
    .orderBy('sha256')
    .execute();
}

/** Say that blobs lie elsewhere now, each unless it has gone or moved meanwhile. */
export async function moveBlobs(
  trx: Db,
  moves: readonly { sha256: Uint8Array; from: string; to: { pack: string; offset: number } }[],
): Promise<void> {
  const digests = moves.map(({ sha256 }) => Buffer.from(sha256));
  // In the order in which admissions lock them.
  await sql`select from blob where sha256 = any(${digests}::bytea[]) order by sha256 for update`.execute(trx);
  await sql`
    update blob set pack = move.pack, pack_offset = move.pack_offset
    from unnest(
      ${digests}::bytea[], ${moves.map(({ from }) => from)}::text[],
      ${moves.map(({ to }) => to.pack)}::text[], ${moves.map(({ to }) => to.offset)}::bigint[]
    ) as move(sha256, from_pack, pack, pack_offset)
    where blob.sha256 = move.sha256 and blob.pack = move.from_pack`.execute(trx);
}

/** Note packs in which nothing lies any more, each since when it was found so. @returns those found so at `due` or before. */
export async function retirePacks(db: Db, packs: readonly string[], due: Date, now: Date): Promise<string[]> {
  await sql`
    insert into retired_pack (id, retired_at) select id, ${now} from unnest(${[...packs]}::text[]) as id
    on conflict do nothing`.execute(db);
  const { rows } = await sql<{ id: string }>`
    select id from retired_pack where id = any(${[...packs]}::text[]) and retired_at <= ${due}`.execute(db);
  return rows.map(({ id }) => id);
}

/** Forget that packs were retired: they are gone, or something lies in them after all. */
export async function forgetRetired(db: Db, packs: readonly string[]): Promise<void> {
  await sql`delete from retired_pack where id = any(${[...packs]}::text[])`.execute(db);
}
