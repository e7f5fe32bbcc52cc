import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { BundleState, Tables } from '../tables.ts';

/** A bundle made here ('out') or brought in ('in'), and how far the work on it is. */
export type BundleRow = Selectable<Tables['bundle']>;
export type BundleDirection = BundleRow['direction'];
export type BundlePartRow = Omit<Selectable<Tables['bundle_part']>, 'bundle_id'>;

/** States in which slices of it may run. */
const openStates = ['pending', 'running'] as const;

/** What a new bundle needs. */
export type NewBundle = Pick<
  BundleRow,
  'id' | 'direction' | 'series' | 'serial' | 'base_serial' | 'issuer' | 'actor' | 'definition'
>;

/** Add a bundle in state `pending`. */
export async function insertBundle(trx: Db, bundle: NewBundle, now: Date): Promise<BundleRow> {
  return trx
    .insertInto('bundle')
    .values({ ...bundle, definition: JSON.stringify(bundle.definition), state: 'pending', created_at: now })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** A bundle by its id. */
export async function findBundle(db: Db, id: string): Promise<BundleRow | undefined> {
  return db.selectFrom('bundle').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Which bundles to list: of a direction, of a series, of one account; all where left out. */
export interface BundleList {
  direction?: BundleDirection | undefined;
  series?: string | undefined;
  actor?: string | undefined;
  limit: number;
  offset: number;
}

/** One page of bundles, newest first, and how many there are. */
export async function listBundles(db: Db, list: BundleList): Promise<{ rows: BundleRow[]; total_count: number }> {
  const { direction, series, actor } = list;
  const wanted = db
    .selectFrom('bundle')
    .$if(direction !== undefined, (query) => query.where('direction', '=', direction!))
    .$if(series !== undefined, (query) => query.where('series', '=', series!))
    .$if(actor !== undefined, (query) => query.where('actor', '=', actor!));
  const rows = await wanted
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(list.limit)
    .offset(list.offset)
    .execute();
  const count = await wanted.select((eb) => eb.fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
  return { rows, total_count: Number(count.n) };
}

/** What a slice, or who stops or resumes it, leaves behind; what is left out stays as it is. */
export interface BundleChange {
  state?: BundleState;
  place?: Record<string, unknown>;
  report?: Record<string, unknown>;
  serial?: number;
  base_serial?: number | null;
  issuer?: string;
  state_sha256?: Uint8Array;
  contents?: Uint8Array;
  contents_bytes?: number;
  error?: { code: string; text: string } | null;
}

/**
 * Write the step after `step` of the work on a bundle. False when somebody else has written one: then it goes on there, or
 * was stopped, and the caller has nothing more to do.
 */
export async function saveBundle(
  db: Db,
  { id, step }: { id: string; step: number },
  change: BundleChange,
  now: Date,
): Promise<boolean> {
  const { place, report, error, ...columns } = change;
  const isOver = change.state === 'completed' || change.state === 'failed' || change.state === 'stopped';
  const row = await db
    .updateTable('bundle')
    .set({
      ...columns,
      step: step + 1,
      started_at: sql<Date>`coalesce(started_at, ${now})`,
      ...(place && { place: JSON.stringify(place) }),
      ...(report && { report: JSON.stringify(report) }),
      ...(error !== undefined && { error_code: error?.code ?? null, error_text: error?.text ?? null }),
      ...(change.state && { finished_at: isOver ? now : null }),
    })
    .where('id', '=', id)
    .where('step', '=', step)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** Note how far the work is, for people: neither step nor state change. @returns whether it is still to go on. */
export async function noteBundleReport(
  db: Db,
  { id, step }: { id: string; step: number },
  report: Record<string, unknown>,
): Promise<boolean> {
  const row = await db
    .updateTable('bundle')
    .set({ report: JSON.stringify(report) })
    .where('id', '=', id)
    .where('step', '=', step)
    .where('state', 'in', openStates)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** Remove a bundle with its parts' rows. @returns the row it was. */
export async function deleteBundle(trx: Db, id: string): Promise<BundleRow | undefined> {
  return trx.deleteFrom('bundle').where('id', '=', id).returningAll().executeTakeFirst();
}

/** The parts of a bundle, in order. */
export async function bundleParts(db: Db, id: string): Promise<BundlePartRow[]> {
  return db
    .selectFrom('bundle_part')
    .select(['part', 'bytes', 'sha256', 'place', 'state'])
    .where('bundle_id', '=', id)
    .orderBy('part')
    .execute();
}

/** Note parts of a bundle; those that are noted already are replaced. */
export async function saveBundleParts(db: Db, id: string, parts: readonly BundlePartRow[]): Promise<void> {
  for (let at = 0; at < parts.length; at += 1000) {
    await db
      .insertInto('bundle_part')
      .values(parts.slice(at, at + 1000).map((part) => ({ bundle_id: id, ...part })))
      .onConflict((conflict) =>
        conflict.columns(['bundle_id', 'part']).doUpdateSet((eb) => ({
          bytes: eb.ref('excluded.bytes'),
          sha256: eb.ref('excluded.sha256'),
          place: eb.ref('excluded.place'),
          state: eb.ref('excluded.state'),
        })),
      )
      .execute();
  }
}
