import { sql } from 'kysely';
import type { Db } from '../session.ts';

/** How a job is to be queued. */
export interface EnqueueOptions {
  /** At most one waiting job has this key: a second one takes its place. */
  key?: string;
  /** Not before this time. */
  runAt?: Date;
  /** One that waits under the key runs when it was going to. */
  keepsTime?: boolean;
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
      run_at => ${options.runAt ?? null}::timestamptz, job_key => ${options.key ?? null}::text,
      job_key_mode => ${options.keepsTime ? 'preserve_run_at' : 'replace'}::text
    )`.execute(db);
}

/** Why a publication is asked for, in a few words for people; `actor` is who asked, null for the server itself. */
export interface PublicationCause {
  text: string;
  actor: string | null;
}

/** More are not told apart: a bulk upload asks thousands of times. */
const mostCauses = 20;

/**
 * Queue a publication of a channel inside the caller's transaction. Asking again while one waits adds to its causes and
 * changes nothing else. (Of two who ask in the same moment, one's cause may be lost.)
 *
 * @param runAt not before this time.
 */
export async function enqueuePublication(
  db: Db,
  channelId: number,
  causes: readonly PublicationCause[],
  runAt?: Date,
): Promise<void> {
  const key = `publish:${channelId}`;
  const { rows } = await sql<{ causes: PublicationCause[] | null }>`
    select payload -> 'causes' as causes from graphile_worker._private_jobs
    where key = ${key} and locked_at is null`.execute(db);
  const all = new Map(
    [...(rows[0]?.causes ?? []), ...causes].map(({ text, actor }) => [`${actor} ${text}`, { text, actor }]),
  );
  const payload = { channel_id: channelId, causes: [...all.values()].slice(0, mostCauses) };
  return enqueue(db, 'publish-channel', payload, { key, ...(runAt && { runAt }) });
}

/**
 * Queue the writing of a channel's documents inside the caller's transaction. While one waits, so also while the last one
 * rests, asking again changes nothing.
 */
export function enqueueMonolith(db: Db, channelId: number, runAt?: Date): Promise<void> {
  const options = { key: monolithKey(channelId), keepsTime: true, ...(runAt && { runAt }) };
  return enqueue(db, 'write-monolith', { channel_id: channelId }, options);
}

/** Let the documents of a channel rest: whoever asked for them, and whoever asks from now on, gets them then. */
export function restMonolith(db: Db, channelId: number, until: Date): Promise<void> {
  return enqueue(db, 'write-monolith', { channel_id: channelId }, { key: monolithKey(channelId), runAt: until });
}

/** Queue the making of the documents of an older publication; asking again while it waits changes nothing. */
export function enqueueOldMonolith(db: Db, channelId: number, no: number, runAt?: Date): Promise<void> {
  const options = { key: `${monolithKey(channelId)}@${no}`, keepsTime: true, ...(runAt && { runAt }) };
  return enqueue(db, 'build-monolith', { channel_id: channelId, no }, options);
}

function monolithKey(channelId: number): string {
  return `monolith:${channelId}`;
}

/** Make the running attempt of a job its last: once it fails, the job stays where it is for somebody to look at. */
export async function parkJob(db: Db, jobId: string): Promise<void> {
  await sql`update graphile_worker._private_jobs set max_attempts = attempts where id = ${jobId}::bigint`.execute(db);
}

/** A job that is not done: it runs, is due, or is parked because it failed for good. */
export interface UnfinishedJob {
  task: string;
  state: 'running' | 'due' | 'parked';
  attempts: number;
  last_error: string | null;
}

/** Jobs that are not done, oldest first; those that are for later than the next second are left out. */
export async function unfinishedJobs(db: Db): Promise<UnfinishedJob[]> {
  const { rows } = await sql<UnfinishedJob>`
    select tasks.identifier as task, jobs.attempts, jobs.last_error,
      case when locked_at is not null then 'running' when attempts >= max_attempts then 'parked' else 'due' end as state
    from graphile_worker._private_jobs as jobs join graphile_worker._private_tasks as tasks on tasks.id = jobs.task_id
    where locked_at is not null or attempts >= max_attempts or attempts > 0 or run_at <= now() + interval '1 second'
    order by jobs.id`.execute(db);
  return rows;
}
