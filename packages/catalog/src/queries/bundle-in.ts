import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { BundleRow } from './bundle.ts';

/** What a bundle that comes in belongs to. */
export interface ImportedSeries {
  issuer: string;
  series: string;
}

/** Let one import of a series be begun or ended at a time, until the transaction ends. */
export async function lockImportsOf(trx: Db, { issuer, series }: ImportedSeries): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`bundle ${issuer} ${series}`}, 0))`.execute(trx);
}

/** The newest import of one bundle, whatever became of it; its row is held until the transaction ends. */
export async function findImport(
  db: Db,
  { issuer, series }: ImportedSeries,
  serial: number,
): Promise<BundleRow | undefined> {
  return imports(db, { issuer, series })
    .where('serial', '=', serial)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(1)
    .forUpdate()
    .executeTakeFirst();
}

/** The import whose listing the series has now. */
export async function lastImport(db: Db, series: ImportedSeries): Promise<BundleRow | undefined> {
  return imports(db, series).where('state', '=', 'completed').orderBy('serial', 'desc').limit(1).executeTakeFirst();
}

/** Imports of a series that may still be completed. */
export async function openImports(db: Db, series: ImportedSeries): Promise<BundleRow[]> {
  return imports(db, series).where('state', 'in', ['pending', 'running', 'waiting']).orderBy('serial').execute();
}

/** Imports of a series that wait for another, or failed because it was not there. */
export async function importsAfter(trx: Db, series: ImportedSeries, serial: number): Promise<BundleRow[]> {
  return imports(trx, series)
    .where('serial', '>', serial)
    .where((eb) =>
      eb.or([
        eb('state', '=', 'waiting'),
        eb.and([eb('state', '=', 'failed'), eb('error_code', '=', 'bundle_base_missing')]),
      ]),
    )
    .orderBy('serial')
    .forUpdate()
    .execute();
}

function imports(db: Db, { issuer, series }: ImportedSeries) {
  return db
    .selectFrom('bundle')
    .selectAll()
    .where('direction', '=', 'in')
    .where('issuer', '=', issuer)
    .where('series', '=', series);
}

/** Hold a bundle's row until the transaction ends. False when its work went on elsewhere, or was stopped. */
export async function holdBundle(trx: Db, { id, step }: { id: string; step: number }): Promise<boolean> {
  const row = await trx
    .selectFrom('bundle')
    .select('id')
    .where('id', '=', id)
    .where('step', '=', step)
    .where('state', 'in', ['pending', 'running'])
    .forUpdate()
    .executeTakeFirst();
  return row !== undefined;
}

/** The revision of a source that all mirrors of it show; 0 when they differ, or there is none. */
export async function shownRevision(db: Db, sourceId: number): Promise<number> {
  const { rows } = await sql<{ at_rev: number }>`
    select distinct at_rev from mirror where source_id = ${sourceId}`.execute(db);
  return rows.length === 1 ? rows[0]!.at_rev : 0;
}
