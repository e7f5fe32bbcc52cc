import { sql } from 'kysely';
import type { Db } from '../session.ts';

/** How a job is to be queued. */
export interface EnqueueOptions {
  /** At most one waiting job has this key: a second one takes its place. */
  key?: string;
  /** Not before this time. */
  runAt?: Date;
}

/**
 * Queue a job inside the caller's transaction: it runs if and only if that commits.
 *
 * @param task file name of the job in server/src/jobs, without its ending.
 * @param payload goes through JSON.
 */
export async function enqueue(
  db: Db,
  task: string,
  payload: Record<string, unknown>,
  options: EnqueueOptions = {},
): Promise<void> {
  await sql`
    select graphile_worker.add_job(
      ${task}, ${JSON.stringify(payload)}::json,
      run_at => ${options.runAt ?? null}::timestamptz, job_key => ${options.key ?? null}::text
    )`.execute(db);
}

/** Make the running attempt of a job its last: once it fails, the job stays where it is for somebody to look at. */
export async function parkJob(db: Db, jobId: string): Promise<void> {
  await sql`update graphile_worker._private_jobs set max_attempts = attempts where id = ${jobId}::bigint`.execute(db);
}

/** How many jobs wait or run, and how many are parked. */
export async function countJobs(db: Db): Promise<{ open: number; parked: number }> {
  const { rows } = await sql<{ open: number; parked: number }>`
    select count(*) filter (where attempts < max_attempts or locked_at is not null)::int as open,
           count(*) filter (where attempts >= max_attempts and locked_at is null)::int as parked
    from graphile_worker._private_jobs`.execute(db);
  return rows[0]!;
}
