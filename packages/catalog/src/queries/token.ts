import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { TokenResource } from '../tables.ts';
import { rolesOfAccount } from './account.ts';

/** A token without its secret. Exactly one of `scopes` and `resources` is set. */
export interface TokenRow {
  id: string;
  account_id: string;
  name: string;
  scopes: string[] | null;
  resources: TokenResource[] | null;
  created_at: Date;
  issued_at: Date;
  expires_at: Date;
  last_used_at: Date | null;
}

/** A token that still counts, with whose it is. */
export interface LiveToken extends TokenRow {
  account_name: string;
  roles: string[];
}

/** What a new token needs; its secret is only ever stored as SHA-256. */
export type NewToken = Omit<TokenRow, 'issued_at' | 'last_used_at'> & { secret_sha256: Uint8Array };

const columns = [
  'token.id',
  'token.account_id',
  'token.name',
  'token.scopes',
  'token.resources',
  'token.created_at',
  'token.issued_at',
  'token.expires_at',
  'token.last_used_at',
] as const;

/** Create a token. */
export async function insertToken(db: Db, token: NewToken): Promise<TokenRow> {
  return db
    .insertInto('token')
    .values({
      ...token,
      resources: token.resources === null ? null : JSON.stringify(token.resources),
      issued_at: token.created_at,
      last_used_at: null,
      revoked_at: null,
    })
    .returning(columns)
    .executeTakeFirstOrThrow();
}

/** One page of an account's tokens, newest first, and how many there are. Revoked ones are gone, expired ones are not. */
export async function findTokens(
  db: Db,
  accountId: string,
  page: { limit: number; offset: number },
): Promise<{ rows: TokenRow[]; total_count: number }> {
  const own = db.selectFrom('token').where('account_id', '=', accountId).where('revoked_at', 'is', null);
  const rows = await own
    .select(columns)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(page.limit)
    .offset(page.offset)
    .execute();
  const count = await own.select((eb) => eb.fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
  return { rows, total_count: Number(count.n) };
}

/** An account's token, unless it was revoked. Locks the row when asked to, so that two changes follow each other. */
export async function findToken(
  db: Db,
  key: { id: string; account_id: string },
  lock: 'for-update' | 'none',
): Promise<TokenRow | undefined> {
  const query = db
    .selectFrom('token')
    .select(columns)
    .where('id', '=', key.id)
    .where('account_id', '=', key.account_id)
    .where('revoked_at', 'is', null);
  return (lock === 'for-update' ? query.forUpdate() : query).executeTakeFirst();
}

/** The token of this secret with its account, unless it is revoked or expired by `now`, or the account is disabled. */
export async function findLiveToken(db: Db, secretSha256: Uint8Array, now: Date): Promise<LiveToken | undefined> {
  return db
    .selectFrom('token')
    .innerJoin('account', 'account.id', 'token.account_id')
    .select(columns)
    .select(['account.name as account_name', rolesOfAccount])
    .where('token.secret_sha256', '=', secretSha256)
    .where('token.revoked_at', 'is', null)
    .where('token.expires_at', '>', now)
    .where('account.disabled_at', 'is', null)
    .executeTakeFirst();
}

/** Give a token a new secret and a new end; the old secret is unknown from then on. */
export async function replaceTokenSecret(
  db: Db,
  id: string,
  fresh: { secret_sha256: Uint8Array; issued_at: Date; expires_at: Date },
): Promise<TokenRow> {
  return db.updateTable('token').set(fresh).where('id', '=', id).returning(columns).executeTakeFirstOrThrow();
}

/** Revoke a token. */
export async function revokeToken(db: Db, id: string, now: Date): Promise<void> {
  await db.updateTable('token').set({ revoked_at: now }).where('id', '=', id).execute();
}

/** Note when tokens were last used, many at once. Never moves a time back. */
export async function touchTokens(db: Db, uses: ReadonlyMap<string, Date>): Promise<void> {
  if (uses.size === 0) return;
  await sql`
    update token set last_used_at = greatest(last_used_at, used.at)
    from unnest(${[...uses.keys()]}::uuid[], ${[...uses.values()]}::timestamptz[]) as used(id, at)
    where token.id = used.id`.execute(db);
}
