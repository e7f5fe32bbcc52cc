import {
  type AccountRow,
  type Db,
  endSession,
  findAccountByName,
  insertSession,
  notifyChanged,
  recordEvent,
  touchLogin,
} from '@sluice/catalog';
import type { LoginLimit } from './login-limit.ts';
import { verifyPassword } from './password.ts';
import type { SignedIn } from './principal.ts';
import type { PrincipalCache } from './principal-cache.ts';
import { SESSION_MS, type SessionKey, signSession } from './session.ts';

/** What signing in needs. `now` and `newId` (a UUID) are injected. */
export interface AccountDeps {
  db: Db;
  now: () => Date;
  newId: () => string;
  sessionKey: SessionKey;
  loginLimit: LoginLimit;
  /** Forgets at once here what the notification makes others forget. */
  cache: PrincipalCache;
}

/** A name and password as somebody typed them, and from where. */
export interface PasswordAttempt {
  name: string;
  password: string;
  address: string;
}

/** `refused` says no more than that: which of name and password was wrong is nobody's business. */
export type PasswordOutcome =
  | { kind: 'accepted'; account: AccountRow }
  | { kind: 'refused' }
  | { kind: 'limited'; wait_s: number };

/** What a login answers. */
export type LoginOutcome =
  | { kind: 'accepted'; jwt: string; expires_at: Date }
  | Exclude<PasswordOutcome, { kind: 'accepted' }>;

/** Longer ones are refused unread: hashing takes time with the length. */
const LONGEST_PASSWORD = 1024;

/** Check a name and password, at most as fast as the login limit allows. Takes equally long for unknown names. */
export async function checkPassword(
  deps: Pick<AccountDeps, 'db' | 'now' | 'loginLimit'>,
  attempt: PasswordAttempt,
): Promise<PasswordOutcome> {
  const { name, password, address } = attempt;
  const wait_s = deps.loginLimit.begin(name, address, deps.now());
  if (wait_s !== undefined) return { kind: 'limited', wait_s };
  if (password.length > LONGEST_PASSWORD || password === '') return { kind: 'refused' };
  const account = await findAccountByName(deps.db, name);
  const enabled = account?.disabled_at === null ? account : undefined;
  const matches = await verifyPassword(password, enabled?.password_hash ?? undefined);
  if (!matches || enabled === undefined) return { kind: 'refused' };
  deps.loginLimit.succeeded(name, address, deps.now());
  return { kind: 'accepted', account: enabled };
}

/**
 * Sign in with name and password: begins a session and answers its JWT.
 *
 * @param onFirst what else happens at an account's first sign-in, in the same transaction. Should it throw, nobody is
 *   signed in and the next attempt is the first.
 */
export async function login(
  deps: AccountDeps,
  attempt: PasswordAttempt,
  onFirst?: (tx: Db, account: AccountRow) => Promise<void>,
): Promise<LoginOutcome> {
  const outcome = await checkPassword(deps, attempt);
  if (outcome.kind !== 'accepted') return outcome;
  const { account } = outcome;
  const now = deps.now();
  // A JWT counts in whole seconds.
  const expires_at = new Date(Math.floor(now.getTime() / 1000) * 1000 + SESSION_MS);
  const session = { id: deps.newId(), account_id: account.id, created_at: now, expires_at };
  await deps.db.transaction().execute(async (tx) => {
    await insertSession(tx, session);
    const { isFirst } = await touchLogin(tx, account.id, now);
    await recordEvent(tx, { at: now, actor: account.name, action: 'user_login', subject: account.name });
    if (isFirst) await onFirst?.(tx, account);
  });
  const jwt = await signSession(deps.sessionKey, {
    session_id: session.id,
    account_id: account.id,
    account_name: account.name,
    roles: account.roles,
    issued_at: now,
    expires_at,
  });
  return { kind: 'accepted', jwt, expires_at };
}

/** End the session the principal came with. Without one (a token, a password) there is nothing to end. */
export async function logout(deps: Pick<AccountDeps, 'db' | 'now' | 'cache'>, principal: SignedIn): Promise<void> {
  const { proof } = principal;
  if (proof.kind !== 'session') return;
  const now = deps.now();
  await deps.db.transaction().execute(async (tx) => {
    if (!(await endSession(tx, proof.id, now))) return;
    await notifyChanged(tx, 'session', proof.id);
    await recordEvent(tx, { at: now, actor: principal.name, action: 'user_logout', subject: principal.name });
  });
  deps.cache.forget(`session:${proof.id}`);
}
