import { sql } from 'kysely';
import type { Db } from '../session.ts';

/** An account with its roles in alphabetical order. */
export interface AccountRow {
  id: string;
  name: string;
  password_hash: string | null;
  roles: string[];
  created_at: Date;
  last_login_at: Date | null;
  disabled_at: Date | null;
  /** Path of the channel its uploads go to that name none. */
  default_channel: string | null;
}

/** What a new account needs. `name` is unique. */
export interface NewAccount {
  id: string;
  name: string;
  password_hash: string | null;
  roles: readonly string[];
  created_at: Date;
}

/** Create an account with its roles, unless the name is taken. In a transaction of the caller. */
export async function insertAccount(db: Db, account: NewAccount): Promise<boolean> {
  const { roles, ...row } = account;
  const inserted = await db
    .insertInto('account')
    .values({ ...row, last_login_at: null, disabled_at: null })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returning('id')
    .executeTakeFirst();
  if (inserted === undefined) return false;
  if (roles.length > 0) {
    await db
      .insertInto('account_role')
      .values(roles.map((role) => ({ account_id: row.id, role })))
      .execute();
  }
  return true;
}

/** Whether there is any account at all. Serialises callers that ask inside transactions, so one of two finds none. */
export async function anyAccount(db: Db): Promise<boolean> {
  await sql`lock table account in share row exclusive mode`.execute(db);
  return (await db.selectFrom('account').select('id').limit(1).executeTakeFirst()) !== undefined;
}

/** The account of this name, disabled or not. */
export async function findAccountByName(db: Db, name: string): Promise<AccountRow | undefined> {
  return selectAccounts(db).where('account.name', '=', name).executeTakeFirst();
}

/** The oldest account that is an administrator and not disabled. */
export async function firstAdministrator(db: Db): Promise<AccountRow | undefined> {
  return selectAccounts(db)
    .where('disabled_at', 'is', null)
    .where(sql<boolean>`'admin' in (select role from account_role where account_id = account.id)`)
    .orderBy('created_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
}

/** The account with this id, disabled or not. */
export async function findAccount(db: Db, id: string): Promise<AccountRow | undefined> {
  return selectAccounts(db).where('account.id', '=', id).executeTakeFirst();
}

/** Note a login, inside its transaction. Of several at once, one is told that it is the account's first. */
export async function touchLogin(db: Db, id: string, now: Date): Promise<{ isFirst: boolean }> {
  const account = db.selectFrom('account').select('last_login_at').where('id', '=', id);
  const before = await account.forNoKeyUpdate().executeTakeFirstOrThrow();
  await db.updateTable('account').set({ last_login_at: now }).where('id', '=', id).execute();
  return { isFirst: before.last_login_at === null };
}

/** Choose where an account's uploads go that name no channel; null for nowhere. */
export async function setDefaultChannel(db: Db, id: string, channelId: number | null): Promise<void> {
  await db.updateTable('account').set({ default_channel_id: channelId }).where('id', '=', id).execute();
}

function selectAccounts(db: Db) {
  return db
    .selectFrom('account')
    .select(['account.id', 'name', 'password_hash', 'created_at', 'last_login_at', 'disabled_at'])
    .select(rolesOfAccount)
    .select(
      sql<string | null>`(
        select path from channel where channel.id = account.default_channel_id and channel.deleted_at is null
      )`.as('default_channel'),
    );
}

/** The roles of the account that the query is about, as one array column `roles`. */
export const rolesOfAccount = sql<string[]>`array(
  select role from account_role where account_role.account_id = account.id order by role
)`.as('roles');
