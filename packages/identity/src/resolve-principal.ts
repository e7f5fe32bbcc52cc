import { createHmac, randomBytes } from 'node:crypto';
import { type Db, findLiveSession, findLiveToken, type LiveToken } from '@sluice/catalog';
import { checkPassword } from './account.ts';
import type { Credential } from './credentials.ts';
import type { LastUsed } from './last-used.ts';
import type { LoginLimit } from './login-limit.ts';
import { ANONYMOUS, type Grants, INVALID, type Principal } from './principal.ts';
import type { PrincipalCache } from './principal-cache.ts';
import { secretDigest } from './secret.ts';
import { readSession, type SessionKey } from './session.ts';

/** What finding out who asks needs. */
export interface ResolveDeps {
  db: Db;
  now: () => Date;
  sessionKey: SessionKey;
  loginLimit: LoginLimit;
  cache: PrincipalCache;
  lastUsed: LastUsed;
}

/** Passwords are remembered under a keyed digest: a bare one could be guessed offline from a memory dump. */
const passwordKey = randomBytes(32);

/**
 * Who shows this credential. Never throws for a bad one: that is an anonymous principal marked `invalid`.
 *
 * @param address where the request comes from; slows down the guessing of passwords.
 */
export async function resolvePrincipal(deps: ResolveDeps, credential: Credential, address: string): Promise<Principal> {
  if (credential.kind === 'none') return ANONYMOUS;
  const now = deps.now();
  const principal = await deps.cache.resolve(cacheKey(credential), now, () => load(deps, credential, address));
  if (principal.kind === 'account' && principal.proof.kind === 'token') deps.lastUsed.note(principal.proof.id, now);
  return principal;
}

function cacheKey(credential: Exclude<Credential, { kind: 'none' }>): string {
  if (credential.kind === 'secret') return Buffer.from(secretDigest(credential.secret)).toString('base64');
  const { name, password } = credential;
  return createHmac('sha256', passwordKey).update(`${name.length}:${name}${password}`).digest('base64');
}

async function load(deps: ResolveDeps, credential: Credential, address: string): Promise<Principal> {
  if (credential.kind === 'password') return loadByPassword(deps, credential, address);
  if (credential.kind === 'none' || credential.secret === '') return INVALID;
  return credential.secret.includes('.') ? loadSession(deps, credential.secret) : loadToken(deps, credential.secret);
}

async function loadByPassword(
  deps: ResolveDeps,
  { name, password }: { name: string; password: string },
  address: string,
): Promise<Principal> {
  const outcome = await checkPassword(deps, { name, password, address });
  if (outcome.kind !== 'accepted') return INVALID;
  const { account } = outcome;
  const proof = { kind: 'password' } as const;
  return { kind: 'account', id: account.id, name: account.name, roles: account.roles, grants: { kind: 'all' }, proof };
}

async function loadSession(deps: ResolveDeps, jwt: string): Promise<Principal> {
  const now = deps.now();
  const claims = await readSession(deps.sessionKey, jwt, now);
  if (claims === 'invalid') return INVALID;
  const session = await findLiveSession(deps.db, claims.session_id, now);
  if (session === undefined) return INVALID;
  return {
    kind: 'account',
    id: session.account_id,
    name: session.account_name,
    roles: session.roles,
    grants: { kind: 'all' },
    proof: { kind: 'session', id: session.id, expires_at: session.expires_at },
  };
}

async function loadToken(deps: ResolveDeps, secret: string): Promise<Principal> {
  const token = await findLiveToken(deps.db, secretDigest(secret), deps.now());
  if (token === undefined) return INVALID;
  return {
    kind: 'account',
    id: token.account_id,
    name: token.account_name,
    roles: token.roles,
    grants: grantsOf(token),
    proof: { kind: 'token', id: token.id, name: token.name, expires_at: token.expires_at },
  };
}

function grantsOf(token: LiveToken): Grants {
  if (token.resources !== null) return { kind: 'resources', resources: token.resources };
  return { kind: 'scopes', scopes: new Set(token.scopes) };
}
