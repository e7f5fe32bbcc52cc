import { sql } from 'kysely';
import type { Db } from '../session.ts';

/** Say that these workers of the job queue are alive. Their names are graphile-worker's. */
export async function beatWorkers(db: Db, workerIds: readonly string[]): Promise<void> {
  await sql`
    insert into worker (id, seen_at) select id, now() from unnest(${[...workerIds]}::text[]) as id
    on conflict (id) do update set seen_at = excluded.seen_at`.execute(db);
}

/**
 * Let go of the jobs of workers that have been silent for so long: they are dead, or so slow that their jobs, being
 * idempotent, may run elsewhere. The queue itself would wait four hours. A job that was queued again under its key while
 * such a worker held it is forgotten: the newer one does its work.
 *
 * @returns the names of the workers that held jobs.
 */
export async function releaseLostJobs(db: Db, silent_s: number): Promise<string[]> {
  const lost = await db.transaction().execute(async (trx) => {
    // Locked, so that none is queued again between the two steps that follow.
    const { rows } = await sql<{ locked_by: string }>`
      select locked_by from graphile_worker._private_jobs
      where locked_by is not null and locked_at < now() - make_interval(secs => ${silent_s})
        and not exists (
          select from worker where worker.id = locked_by and seen_at > now() - make_interval(secs => ${silent_s})
        )
      order by id for update`.execute(trx);
    const ids = [...new Set(rows.map((row) => row.locked_by))];
    if (ids.length === 0) return ids;
    // How the queue marks it: it loses its key and has no tries left. One that failed keeps its key, or its error.
    await sql`
      delete from graphile_worker._private_jobs
      where locked_by = any(${ids}) and key is null and attempts >= max_attempts and last_error is null`.execute(trx);
    await sql`select graphile_worker.force_unlock_workers(${ids})`.execute(trx);
    return ids;
  });
  await sql`delete from worker where seen_at < now() - interval '1 day'`.execute(db);
  return lost;
}
