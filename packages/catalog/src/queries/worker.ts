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
  const { rows } = await sql<{ id: string }>`
    select distinct locked_by as id from graphile_worker._private_jobs
    where locked_by is not null and locked_at < now() - make_interval(secs => ${silent_s})
      and not exists (
        select from worker where worker.id = locked_by and seen_at > now() - make_interval(secs => ${silent_s})
      )`.execute(db);
  const lost = rows.map((row) => row.id);
  if (lost.length > 0) {
    // How the queue marks it: it loses its key and has no tries left. One that failed keeps its key, or its error.
    await sql`
      delete from graphile_worker._private_jobs
      where locked_by = any(${lost}::text[]) and key is null and attempts >= max_attempts and last_error is null`.execute(
      db,
    );
    await sql`select graphile_worker.force_unlock_workers(${lost}::text[])`.execute(db);
  }
  await sql`delete from worker where seen_at < now() - interval '1 day'`.execute(db);
  return lost;
}
