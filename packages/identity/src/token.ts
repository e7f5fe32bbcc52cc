import {
  type Db,
  findChannel,
  findToken,
  insertToken,
  notifyChanged,
  recordEvent,
  replaceTokenSecret,
  revokeToken as revokeTokenRow,
  type TokenResource,
  type TokenRow,
} from '@sluice/catalog';
import { channelPermission, covers, SCOPES } from './access.ts';
import { IdentityError } from './errors.ts';
import type { SignedIn } from './principal.ts';
import type { PrincipalCache } from './principal-cache.ts';
import { newTokenSecret, secretDigest } from './secret.ts';

/** What the verbs of tokens need. `cache` forgets at once here what the notification makes others forget. */
export interface TokenDeps {
  db: Db;
  now: () => Date;
  newId: () => string;
  cache: PrincipalCache;
}

/** A wish for a token. `expires_at` is a day (`2026-12-31`, that day included, UTC) or an instant; one of the two lists is set. */
export interface TokenWish {
  name: string;
  expires_at: string;
  scopes?: readonly string[] | undefined;
  resources?: readonly TokenResource[] | undefined;
}

/** A token with its secret, which is shown here and never again. */
export interface IssuedToken {
  row: TokenRow;
  secret: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** The longest life of a token; a leap year, so that "today next year" always fits. */
const LONGEST_TOKEN_DAYS = 366;

/**
 * Create a token for its owner.
 *
 * @throws {IdentityError} `token_grants` unless exactly one of scopes and resources is given, `token_scope`,
 * `token_resource` when the owner does not have the permission itself, `token_expiry`.
 */
export async function createToken(deps: TokenDeps, owner: SignedIn, wish: TokenWish): Promise<IssuedToken> {
  const now = deps.now();
  const expires_at = parseExpiry(wish.expires_at, now);
  if ((wish.scopes === undefined) === (wish.resources === undefined)) {
    throw new IdentityError('token_grants', 'Give a token either scopes or resources.', {
      wanted: 'exactly one of scopes and resources',
      found: wish.scopes === undefined ? 'neither' : 'both',
    });
  }
  checkScopes(wish.scopes ?? []);
  await checkResources(deps.db, owner, wish.resources ?? []);
  const secret = newTokenSecret();
  const row = await deps.db.transaction().execute(async (tx) => {
    const inserted = await insertToken(tx, {
      id: deps.newId(),
      account_id: owner.id,
      name: wish.name,
      secret_sha256: secretDigest(secret),
      scopes: wish.scopes === undefined ? null : [...new Set(wish.scopes)],
      resources: wish.resources === undefined ? null : [...wish.resources],
      created_at: now,
      expires_at,
    });
    await recordTokenEvent(tx, owner, 'user_token_created', inserted, now);
    return inserted;
  });
  return { row, secret };
}

/**
 * Give a token a new secret; the old one is refused from then on. It lives as long again as it was given, or until `expiresAt`.
 *
 * @throws {IdentityError} `token_unknown`, `token_expiry`.
 */
export async function refreshToken(
  deps: TokenDeps,
  owner: SignedIn,
  id: string,
  expiresAt?: string,
): Promise<IssuedToken> {
  const now = deps.now();
  const secret = newTokenSecret();
  const row = await deps.db.transaction().execute(async (tx) => {
    const old = await ownToken(tx, owner, id);
    const life_ms = old.expires_at.getTime() - old.issued_at.getTime();
    const expires_at = expiresAt === undefined ? new Date(now.getTime() + life_ms) : parseExpiry(expiresAt, now);
    const fresh = { secret_sha256: secretDigest(secret), issued_at: now, expires_at };
    const replaced = await replaceTokenSecret(tx, id, fresh);
    await notifyChanged(tx, 'token', id);
    await recordTokenEvent(tx, owner, 'user_token_updated', replaced, now);
    return replaced;
  });
  deps.cache.forget(`token:${id}`);
  return { row, secret };
}

/**
 * Revoke a token.
 *
 * @throws {IdentityError} `token_unknown`, also for somebody else's.
 */
export async function revokeToken(deps: TokenDeps, owner: SignedIn, id: string): Promise<void> {
  const now = deps.now();
  await deps.db.transaction().execute(async (tx) => {
    const token = await ownToken(tx, owner, id);
    await revokeTokenRow(tx, id, now);
    await notifyChanged(tx, 'token', id);
    await recordTokenEvent(tx, owner, 'user_token_revoked', token, now);
  });
  deps.cache.forget(`token:${id}`);
}

async function ownToken(tx: Db, owner: SignedIn, id: string): Promise<TokenRow> {
  const token = await findToken(tx, { id, account_id: owner.id }, 'for-update');
  if (token !== undefined) return token;
  throw new IdentityError('token_unknown', 'You have no token with this id; list your tokens to see them.', {
    found: id,
  });
}

async function recordTokenEvent(tx: Db, owner: SignedIn, action: string, token: TokenRow, now: Date): Promise<void> {
  const data = { name: token.name, scopes: token.scopes, resources: token.resources, expires_at: token.expires_at };
  await recordEvent(tx, { at: now, actor: owner.name, action, subject: token.id, data });
}

function parseExpiry(text: string, now: Date): Date {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const expires_at = new Date(Date.parse(text) + (day ? DAY_MS : 0));
  const latest = new Date(now.getTime() + LONGEST_TOKEN_DAYS * DAY_MS + (day ? DAY_MS : 0));
  if (expires_at > now && expires_at <= latest) return expires_at;
  throw new IdentityError('token_expiry', `A token ends within ${LONGEST_TOKEN_DAYS} days; choose a date up to then.`, {
    wanted: `${now.toISOString().slice(0, 10)} … ${latest.toISOString().slice(0, 10)}`,
    found: text,
  });
}

function checkScopes(scopes: readonly string[]): void {
  const unknown = scopes.find((scope) => !(SCOPES as readonly string[]).includes(scope));
  if (unknown === undefined) return;
  throw new IdentityError('token_scope', `There is no scope "${unknown}"; GET /api/account/scopes lists them.`, {
    wanted: 'a known scope',
    found: unknown,
  });
}

/** Refuses now what a token could not use later. What its owner may do is asked again at every use. */
async function checkResources(db: Db, owner: SignedIn, resources: readonly TokenResource[]): Promise<void> {
  for (const { channel, permission } of resources) {
    const row = await findChannel(db, channel);
    if (row !== undefined && covers(channelPermission(owner, row), permission)) continue;
    throw new IdentityError(
      'token_resource',
      `You have no ${permission} permission on a channel "${channel}"; name one on which you have it.`,
      { wanted: `a channel on which you have ${permission}`, found: channel },
    );
  }
}
