import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { BlobRow } from './blob.ts';
import type { Part } from './record.ts';

/** An upstream's shard of one package name. `signature`: the words of its records; null when it may not be handed on. */
export interface SourceShardRow {
  name: string;
  sha256: Uint8Array;
  signature: Uint8Array | null;
}

/** The digests of the shards a part has now, by package name; none for an upstream without shards. */
export async function liveShards(db: Db, part: Part): Promise<Map<string, Uint8Array>> {
  const { rows } = await sql<{ name: string; sha256: Buffer }>`
    select name, sha256 from source_shard
    where source_id = ${part.source_id} and subdir = ${part.subdir} and to_rev is null`.execute(db);
  return new Map(rows.map(({ name, sha256 }) => [name, sha256]));
}

/** Hand these shards on no more, of whatever source, and need their bytes no more: they are lost. */
export async function keepShardsToSource(db: Db, digests: readonly Uint8Array[]): Promise<void> {
  if (digests.length === 0) return;
  const lost = digests.map((digest) => Buffer.from(digest));
  await sql`update source_shard set signature = null, blob = null where blob = any(${lost}::bytea[])`.execute(db);
}

/**
 * End the live shards of these names, of all when `names` is 'all', and let the given ones begin at `revision`. Their
 * blobs are known already.
 */
export async function replaceShards(
  db: Db,
  part: Part,
  revision: number,
  { ended, begun }: { ended: readonly string[] | 'all'; begun: readonly SourceShardRow[] },
): Promise<void> {
  const live = sql`source_id = ${part.source_id} and subdir = ${part.subdir} and to_rev is null`;
  if (ended === 'all') await sql`update source_shard set to_rev = ${revision} where ${live}`.execute(db);
  for (let at = 0; ended !== 'all' && at < ended.length; at += 5000) {
    const names = ended.slice(at, at + 5000);
    await sql`update source_shard set to_rev = ${revision} where ${live} and name = any(${names})`.execute(db);
  }
  for (let at = 0; at < begun.length; at += 5000) {
    const rows = begun.slice(at, at + 5000);
    await sql`
      insert into source_shard (source_id, subdir, name, from_rev, sha256, blob, signature)
      select ${part.source_id}::int, ${part.subdir}, name, ${revision}::int, sha256, sha256, signature from unnest(
        ${rows.map((row) => row.name)}::text[], ${rows.map((row) => Buffer.from(row.sha256))}::bytea[],
        ${rows.map((row) => row.signature && Buffer.from(row.signature))}::bytea[]
      ) as row(name, sha256, signature)`.execute(db);
  }
}

/** Where the bytes of shards lie that are local, in no order. Ask for some hundreds at once. */
export async function findShardBlobs(db: Db, digests: readonly Uint8Array[]): Promise<BlobRow[]> {
  return db
    .selectFrom('blob')
    .select(['sha256', 'size', 'pack', 'pack_offset'])
    .where(sql<boolean>`sha256 = any(${digests.map((digest) => Buffer.from(digest))}::bytea[])`)
    .execute();
}
