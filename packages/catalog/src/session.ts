import { Kysely, PostgresDialect } from 'kysely';
import type { Pool, PoolClient } from 'pg';
import type { Tables } from './tables.ts';

/** Typed queries on the database, or on a transaction of it. */
export type Db = Kysely<Tables>;

/** One connection kept for a while: raw for COPY and session locks, typed for everything else. */
export interface Session {
  client: PoolClient;
  db: Db;
}

/**
 * Run `work` on one connection of its own. A connection whose work failed is closed, not reused: it may still be inside
 * a COPY or hold a session lock.
 */
export async function withSession<T>(pool: Pool, work: (session: Session) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let failed = true;
  try {
    const borrowed = { query: client.query.bind(client), release() {} };
    const db = new Kysely<Tables>({
      dialect: new PostgresDialect({ pool: { connect: async () => borrowed, end: async () => {} } as never }),
    });
    const result = await work({ client, db });
    failed = false;
    return result;
  } finally {
    client.release(failed);
  }
}

/** What a session lock protects; the number is part of the lock's key, so it never changes. */
export const lockSpaces = { source: 1, channel: 2, file: 3, monolith: 4, blobs: 5 } as const;

/** Three missed signs of life, as for the lease of a run. */
const silence_ms = 15_000;

/**
 * Run `work` while no other session holds the same lock. Waits without limit; the lock falls with the connection.
 *
 * The server ends the session, and so frees the lock, when the process is suspended: it hears nothing for `patience_ms`.
 * What the sleeper then does with the session fails as a loss of the connection. (A COPY it is in the middle of keeps the
 * session; see {@link endEarlierWorkers}.)
 */
export async function withLock<T>(
  pool: Pool,
  space: keyof typeof lockSpaces,
  id: number,
  work: (session: Session) => Promise<T>,
  patience_ms = silence_ms,
): Promise<T> {
  return withSession(pool, async (session) => {
    const key = [lockSpaces[space], id];
    await limitSilence(session.client, patience_ms);
    await session.client.query('select pg_advisory_lock($1, $2)', key);
    return underLock(session, key, work, patience_ms);
  });
}

/** As {@link withLock}, but does not wait: undefined when another session holds the lock. */
export async function withFreeLock<T>(
  pool: Pool,
  space: keyof typeof lockSpaces,
  id: number,
  work: (session: Session) => Promise<T>,
  patience_ms = silence_ms,
): Promise<T | undefined> {
  return withSession(pool, async (session) => {
    const { client } = session;
    const key = [lockSpaces[space], id];
    const { rows } = await client.query<{ free: boolean }>('select pg_try_advisory_lock($1, $2) as free', key);
    if (!rows[0]!.free) return undefined;
    await limitSilence(client, patience_ms);
    return underLock(session, key, work, patience_ms);
  });
}

/** Work on a session that has the lock and a limit to its silence, and take both away. */
async function underLock<T>(
  session: Session,
  key: readonly number[],
  work: (session: Session) => Promise<T>,
  patience_ms: number,
): Promise<T> {
  const { client } = session;
  const endSigns = giveSigns(client, patience_ms / 3);
  const result = await work(session).finally(endSigns);
  await client.query('select pg_advisory_unlock($1, $2)', [...key]);
  await limitSilence(client, 0);
  return result;
}

async function limitSilence(client: PoolClient, limit_ms: number): Promise<void> {
  const names = ['idle_session_timeout', 'idle_in_transaction_session_timeout'];
  await client.query('select set_config(name, $1, false) from unnest($2::text[]) as name', [`${limit_ms}`, names]);
}

/** Ask something now and then, for as long as this process is awake. @returns asks no more, and waits for the answer. */
function giveSigns(client: PoolClient, every_ms: number): () => Promise<void> {
  let answer: Promise<unknown> | undefined;
  const timer = setInterval(() => {
    // Its failure, as in a transaction that has failed, is for the work to notice.
    answer ??= client
      .query('select')
      .catch(() => {})
      .finally(() => {
        answer = undefined;
      });
  }, every_ms);
  return async () => {
    clearInterval(timer);
    await answer;
  };
}
