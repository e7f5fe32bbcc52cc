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
export const lockSpaces = { source: 1, channel: 2, file: 3 } as const;

/** Run `work` while no other session holds the same lock. Waits without limit; the lock falls with the connection. */
export async function withLock<T>(
  pool: Pool,
  space: keyof typeof lockSpaces,
  id: number,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return withSession(pool, async (session) => {
    const key = [lockSpaces[space], id];
    await session.client.query('select pg_advisory_lock($1, $2)', key);
    const result = await work(session);
    await session.client.query('select pg_advisory_unlock($1, $2)', key);
    return result;
  });
}
