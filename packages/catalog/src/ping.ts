import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Db } from './session.ts';

/** Whether the database answers within `patience_ms`. */
export async function ping(db: Db, patience_ms = 2_000): Promise<boolean> {
  const timer = new AbortController();
  const late = sleep(patience_ms, false, { signal: timer.signal }).catch(() => false);
  const answer = sql`select 1`.execute(db).then(
    () => true,
    () => false,
  );
  const up = await Promise.race([answer, late]);
  timer.abort();
  return up;
}
