import { sql } from 'kysely';
import type { Db } from '../session.ts';

/** Write keys of a run's report; other keys of it stay as they are. */
export async function addToReport(db: Db, runId: string, keys: Record<string, unknown>): Promise<void> {
  await sql`update run set report = report || ${JSON.stringify(keys)}::jsonb where id = ${runId}`.execute(db);
}
