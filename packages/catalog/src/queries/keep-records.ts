import { sql } from 'kysely';
import type { Db } from '../session.ts';
import { keepBlobs } from './blob.ts';
import type { Part } from './record.ts';

/** A file of a source, with the sha256 its record gives. */
export interface KeptFile {
  file: string;
  from_rev: number;
  sha256: Uint8Array | null;
}

/**
 * Copy record versions of an upstream into a channel's own files: the texts as they are, live from `revision` on. Only
 * files whose bytes are local are copied, and none whose name the own files have or had.
 *
 * @returns how many were copied.
 */
export async function keepRecords(
  db: Db,
  from: Part,
  to: { source_id: number; revision: number },
  files: readonly KeptFile[],
): Promise<number> {
  let copied = 0;
  for (let at = 0; at < files.length; at += 5000) {
    const some = files.slice(at, at + 5000);
    await keepBlobs(
      db,
      some.flatMap(({ sha256 }) => (sha256 ? [sha256] : [])),
    );
    const { rows } = await sql<{ copied: number }>`
      with wanted as (
        select wanted.file, wanted.from_rev, coalesce(wanted.sha256, digest.sha256) as sha256, wanted.sha256 is null as computed
        from unnest(
          ${some.map((one) => one.file)}::text[], ${some.map((one) => one.from_rev)}::int[],
          ${some.map((one) => one.sha256 && Buffer.from(one.sha256))}::bytea[]
        ) as wanted(file, from_rev, sha256)
        left join record_digest digest
          on digest.source_id = ${from.source_id} and digest.subdir = ${from.subdir}
          and digest.file = wanted.file and digest.from_rev = wanted.from_rev
      ), copied as (
        insert into record (source_id, subdir, file, from_rev, to_rev, body, v3, extra, signatures)
        select ${to.source_id}::int, record.subdir, record.file, ${to.revision}::int, null, record.body, record.v3,
          record.extra, record.signatures
        from wanted
        join blob on blob.sha256 = wanted.sha256
        join record on record.source_id = ${from.source_id} and record.subdir = ${from.subdir}
          and record.file = wanted.file and record.from_rev = wanted.from_rev
        where not exists (
          select from record own
          where own.source_id = ${to.source_id} and own.subdir = ${from.subdir} and own.file = wanted.file
        )
        returning file
      ), digests as (
        insert into record_digest (source_id, subdir, file, from_rev, sha256)
        select ${to.source_id}::int, ${from.subdir}, file, ${to.revision}::int, wanted.sha256
        from wanted join copied using (file)
        where wanted.computed
      ), beside as (
        insert into record_companion (source_id, subdir, file, from_rev, kind, blob)
        select ${to.source_id}::int, ${from.subdir}, file, ${to.revision}::int, companion.kind, companion.blob
        from wanted join copied using (file)
        join record_companion companion using (file, from_rev)
        where companion.source_id = ${from.source_id} and companion.subdir = ${from.subdir}
      )
      select count(*)::int as copied from copied`.execute(db);
    copied += rows[0]!.copied;
  }
  return copied;
}
