import { sql } from 'kysely';
import type { Pool, PoolClient } from 'pg';
import type { Db } from '../session.ts';
import type { RunHold } from './run.ts';

/**
 * The pool as one worker of a run sees it: the connections it borrows bear the run and the fence as their name. A
 * successor finds them by it, see {@link endEarlierWorkers}.
 */
export function poolOfRun(pool: Pool, hold: RunHold): Pool {
  const connect = async (): Promise<PoolClient> => {
    const client = await pool.connect();
    const giveBack = client.release;
    try {
      await client.query(`set application_name = '${nameOf(hold)}'`);
    } catch (error) {
      giveBack(true);
      throw error;
    }
    client.release = (broken) => {
      client.release = giveBack;
      if (!broken) client.query('reset application_name').catch(() => {});
      giveBack(broken);
    };
    return client;
  };
  return Object.assign(Object.create(pool) as Pool, { connect });
}

/**
 * End the sessions of workers that had this run before. One that is suspended in the middle of an admission would keep its
 * locks, and so its successor, for as long as it sleeps.
 *
 * @returns how many there were.
 */
export async function endEarlierWorkers(db: Db, hold: RunHold): Promise<number> {
  const { rows } = await sql<{ ended: boolean }>`
    select pg_terminate_backend(pid) as ended from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()
      and starts_with(application_name, ${prefixOf(hold.id)}) and application_name <> ${nameOf(hold)}`.execute(db);
  return rows.length;
}

function prefixOf(runId: string): string {
  return `sluice run ${runId} `;
}

/** At most 63 bytes, which is what the server keeps. */
function nameOf(hold: RunHold): string {
  return `${prefixOf(hold.id)}${Number(hold.fence)}`;
}
