import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { CompanionKind } from '../tables.ts';
import type { BlobRow } from './blob.ts';
import type { Part } from './record.ts';

/** What stands beside one version of a file. */
export interface CompanionPlace extends Part {
  file: string;
  from_rev: number;
  kind: CompanionKind;
}

/** Where it lies; undefined when it is not here. */
export async function findCompanion(db: Db, place: CompanionPlace): Promise<BlobRow | undefined> {
  return db
    .selectFrom('record_companion')
    .innerJoin('blob', 'blob.sha256', 'record_companion.blob')
    .select(['blob.sha256', 'blob.size', 'blob.pack', 'blob.pack_offset'])
    .where('source_id', '=', place.source_id)
    .where('subdir', '=', place.subdir)
    .where('file', '=', place.file)
    .where('from_rev', '=', place.from_rev)
    .where('kind', '=', place.kind)
    .executeTakeFirst();
}

/** Say that `blob` is what stands beside these versions of files. The blobs are known already. */
export async function saveCompanions(
  db: Db,
  companions: readonly (CompanionPlace & { blob: Uint8Array })[],
): Promise<void> {
  if (companions.length === 0) return;
  await db
    .insertInto('record_companion')
    .values([...companions])
    .onConflict((conflict) =>
      conflict
        .columns(['source_id', 'subdir', 'file', 'from_rev', 'kind'])
        .doUpdateSet((eb) => ({ blob: eb.ref('excluded.blob') })),
    )
    .execute();
}

/** What stood beside one version of a file stands beside the version from `revision` on, too: only its description has changed. */
export async function keepCompanions(
  db: Db,
  part: Part,
  { file, from_rev }: { file: string; from_rev: number },
  revision: number,
): Promise<void> {
  await sql`
    insert into record_companion (source_id, subdir, file, from_rev, kind, blob)
    select source_id, subdir, file, ${revision}, kind, blob from record_companion
    where source_id = ${part.source_id} and subdir = ${part.subdir} and file = ${file} and from_rev = ${from_rev}`.execute(
    db,
  );
}
