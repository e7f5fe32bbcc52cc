import { sql } from 'kysely';
import type { Pool } from 'pg';
import { type Db, lockSpaces, type Session, withSession } from '../session.ts';

/*
 * Bytes that are being removed and bytes that are coming in keep out of each other's way by one lock (docs/adr/0007):
 * who brings bytes in shares it from before they have their name until its transaction ends; who removes has it alone.
 */
const key = [lockSpaces.blobs, 0] as const;

/** Bring bytes in: nothing is removed until this transaction ends. Its first statement, so that nobody waits in a circle. */
export async function shareBlobs(trx: Db): Promise<void> {
  await sql`select pg_advisory_xact_lock_shared(${key[0]}, ${key[1]})`.execute(trx);
}

/** The server's word for a lock that was not to be had in time. */
const lockTimeout = '55P03';
const silence_ms = 15_000;

/**
 * Run `work` while nobody brings bytes in, also between its transactions. Admissions wait meanwhile, so it must be short.
 *
 * Waits for any lock at most `wait_ms`, this one and those that `work` asks for, since others queue behind it: undefined
 * when that was not enough. A process that sleeps in `work` loses the lock after 15 s.
 */
export async function withBlobsAlone<T>(
  pool: Pool,
  wait_ms: number,
  work: (session: Session) => Promise<T>,
): Promise<T | undefined> {
  try {
    return await withSession(pool, async (session) => {
      const { client } = session;
      await set(client, ['lock_timeout'], wait_ms);
      await client.query('select pg_advisory_lock($1, $2)', [...key]);
      await set(client, silences, silence_ms);
      const result = await work(session);
      await client.query('select pg_advisory_unlock($1, $2)', [...key]);
      await set(client, ['lock_timeout', ...silences], 0);
      return result;
    });
  } catch (error) {
    // The session is closed with it, so nothing stays locked.
    if ((error as { code?: string }).code === lockTimeout) return undefined;
    throw error;
  }
}

const silences = ['idle_session_timeout', 'idle_in_transaction_session_timeout'];

async function set(client: Session['client'], names: readonly string[], limit_ms: number): Promise<void> {
  await client.query('select set_config(name, $1, false) from unnest($2::text[]) as name', [`${limit_ms}`, names]);
}
