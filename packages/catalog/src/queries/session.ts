import type { Db } from '../session.ts';
import { rolesOfAccount } from './account.ts';

/** A login. Ends at `expires_at`, or before that at `ended_at`. */
export interface SessionRow {
  id: string;
  account_id: string;
  created_at: Date;
  expires_at: Date;
}

/** A session that still counts, with whose it is. */
export interface LiveSession extends SessionRow {
  account_name: string;
  roles: string[];
}

/** Begin a session. */
export async function insertSession(db: Db, session: SessionRow): Promise<void> {
  await db
    .insertInto('session')
    .values({ ...session, ended_at: null })
    .execute();
}

/** The session with its account, unless it ended or expired by `now`, or the account is disabled. */
export async function findLiveSession(db: Db, id: string, now: Date): Promise<LiveSession | undefined> {
  return db
    .selectFrom('session')
    .innerJoin('account', 'account.id', 'session.account_id')
    .select(['session.id', 'session.account_id', 'session.created_at', 'session.expires_at'])
    .select(['account.name as account_name', rolesOfAccount])
    .where('session.id', '=', id)
    .where('session.ended_at', 'is', null)
    .where('session.expires_at', '>', now)
    .where('account.disabled_at', 'is', null)
    .executeTakeFirst();
}

/** End a session. False when it had ended already. */
export async function endSession(db: Db, id: string, now: Date): Promise<boolean> {
  const ended = await db
    .updateTable('session')
    .set({ ended_at: now })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  return ended.numUpdatedRows > 0n;
}

/** Forget sessions that ended or expired before `before`. Answers how many. */
export async function deleteOldSessions(db: Db, before: Date): Promise<number> {
  const deleted = await db
    .deleteFrom('session')
    .where((eb) => eb.or([eb('expires_at', '<', before), eb('ended_at', '<', before)]))
    .executeTakeFirst();
  return Number(deleted.numDeletedRows);
}
