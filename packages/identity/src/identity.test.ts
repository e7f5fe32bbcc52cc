import { randomUUID } from 'node:crypto';
import { type Db, findTokens, insertAccount, type TokenResource, touchTokens } from '@sluice/catalog';
import { createTestDatabase, type TestDatabase } from '@sluice/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type LoginOutcome, login, logout } from './account.ts';
import { createLastUsed } from './last-used.ts';
import { createLoginLimit } from './login-limit.ts';
import { hashPassword } from './password.ts';
import type { Principal, SignedIn } from './principal.ts';
import { createPrincipalCache } from './principal-cache.ts';
import { resolvePrincipal } from './resolve-principal.ts';
import { deriveSessionKey } from './session.ts';
import { createToken, refreshToken, revokeToken, type TokenWish } from './token.ts';

// Sign-in, sessions and tokens together, on a real database.

const address = '10.0.0.1';
const day = 24 * 60 * 60 * 1000;
let database: TestDatabase;
let db: Db;
let clock: Date;

/** Everything the verbs need; each test has memories of its own. */
function deps() {
  return {
    db,
    now: () => clock,
    newId: randomUUID,
    sessionKey: deriveSessionKey('a secret key for the tests, long enough'),
    loginLimit: createLoginLimit(),
    cache: createPrincipalCache(),
    lastUsed: createLastUsed(
      (uses) => touchTokens(db, uses),
      (error) => {
        throw error;
      },
    ),
  };
}

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
  const password_hash = await hashPassword('hunter22');
  for (const [name, roles] of [
    ['ada', ['author']],
    ['root', ['admin', 'author']],
  ] as const) {
    await insertAccount(db, { id: randomUUID(), name, password_hash, roles, created_at: new Date() });
  }
});
afterAll(() => database.close());
beforeEach(() => {
  clock = new Date('2026-11-20T10:00:00Z');
});

const secret = (text: string) => ({ kind: 'secret', secret: text }) as const;

async function signIn(using: ReturnType<typeof deps>, name = 'ada'): Promise<{ jwt: string; principal: SignedIn }> {
  const outcome = await login(using, { name, password: 'hunter22', address });
  const { jwt } = outcome as Extract<LoginOutcome, { kind: 'accepted' }>;
  return { jwt, principal: (await resolvePrincipal(using, secret(jwt), address)) as SignedIn };
}

const wish = (over: Partial<TokenWish> = {}): TokenWish => ({
  name: 'ci',
  expires_at: '2026-12-31',
  scopes: ['artifact:download'],
  ...over,
});

describe('sessions', () => {
  test('a login gives a session that lasts twelve hours and is remembered as the last login', async () => {
    const using = deps();
    const { principal, jwt } = await signIn(using);
    expect(principal).toMatchObject({ kind: 'account', name: 'ada', roles: ['author'], grants: { kind: 'all' } });
    const account = await db.selectFrom('account').selectAll().where('name', '=', 'ada').executeTakeFirstOrThrow();
    expect(account.last_login_at).toEqual(clock);
    clock = new Date(clock.getTime() + 12 * 60 * 60 * 1000);
    expect(await resolvePrincipal(using, secret(jwt), address)).toEqual({ kind: 'anonymous', invalid: true });
  });

  test.each([
    ['a wrong password', { name: 'ada', password: 'hunter23' }],
    ['an unknown name', { name: 'nobody', password: 'hunter22' }],
    ['an empty password', { name: 'ada', password: '' }],
    ['an endless password', { name: 'ada', password: 'x'.repeat(2000) }],
    ['the name in capitals', { name: 'ADA', password: 'hunter22' }],
  ])('%s is refused without saying which', async (_, attempt) => {
    expect(await login(deps(), { ...attempt, address })).toEqual({ kind: 'refused' });
  });

  test('guessing is slowed down, and the right password waits too, for a minute', async () => {
    const using = deps();
    for (let n = 0; n < 10; n += 1) await login(using, { name: 'ada', password: '', address });
    const right = { name: 'ada', password: 'hunter22', address };
    expect(await login(using, right)).toEqual({ kind: 'limited', wait_s: 60 });
    expect(await login(using, { ...right, address: '10.9.9.9' })).toMatchObject({ kind: 'accepted' });
    clock = new Date(clock.getTime() + 60_000);
    expect(await login(using, right)).toMatchObject({ kind: 'accepted' });
  });

  test('logout ends this session and no other', async () => {
    const using = deps();
    const [first, second] = [await signIn(using), await signIn(using)];
    await logout(using, first.principal);
    expect(await resolvePrincipal(using, secret(first.jwt), address)).toMatchObject({
      kind: 'anonymous',
      invalid: true,
    });
    expect(await resolvePrincipal(using, secret(second.jwt), address)).toMatchObject({ kind: 'account' });
  });

  test('a disabled account signs in no more, and its session and tokens end', async () => {
    const using = deps();
    const { jwt, principal } = await signIn(using, 'root');
    const token = await createToken(using, principal, wish());
    await db.updateTable('account').set({ disabled_at: clock }).where('name', '=', 'root').execute();
    using.cache.forget(`account:${principal.id}`);
    expect(await login(using, { name: 'root', password: 'hunter22', address })).toEqual({ kind: 'refused' });
    for (const shown of [jwt, token.secret]) {
      expect(await resolvePrincipal(using, secret(shown), address)).toMatchObject({ invalid: true });
    }
    await db.updateTable('account').set({ disabled_at: null }).where('name', '=', 'root').execute();
  });
});

describe('tokens', () => {
  test('a token is known by its secret alone, which is nowhere at rest', async () => {
    const using = deps();
    const { principal } = await signIn(using);
    const { secret: shown, row } = await createToken(using, principal, wish());
    expect(await resolvePrincipal(using, secret(shown), address)).toEqual({
      kind: 'account',
      id: principal.id,
      name: 'ada',
      roles: ['author'],
      grants: { kind: 'scopes', scopes: new Set(['artifact:download']) },
      proof: { kind: 'token', id: row.id, name: 'ci', expires_at: new Date('2027-01-01T00:00:00Z') },
    });
    const dump = await database.pool.query<{ text: string }>(
      "select string_agg(t::text, '') || (select string_agg(e::text, '') from event e) as text from token t",
    );
    expect(dump.rows[0]!.text).not.toContain(shown.slice(4));
    expect(await resolvePrincipal(using, secret(`${shown}x`), address)).toMatchObject({ invalid: true });
  });

  test.each<[string, Partial<TokenWish>, string]>([
    ['both scopes and resources', { resources: [{ channel: 'c', permission: 'read' }] }, 'token_grants'],
    ['neither', { scopes: undefined }, 'token_grants'],
    ['an unknown scope', { scopes: ['artifact:download', 'artifact:fly'] }, 'token_scope'],
    ['yesterday', { expires_at: '2026-11-19' }, 'token_expiry'],
    ['the instant that is now', { expires_at: '2026-11-20T10:00:00Z' }, 'token_expiry'],
    ['more than a year ahead', { expires_at: '2027-11-22' }, 'token_expiry'],
    ['no date', { expires_at: 'tomorrow' }, 'token_expiry'],
    ['a day there is not', { expires_at: '2026-13-01' }, 'token_expiry'],
  ])('%s is refused', async (_, over, code) => {
    const using = deps();
    const { principal } = await signIn(using);
    await expect(createToken(using, principal, wish(over))).rejects.toMatchObject({ code });
  });

  test.each([
    ['2026-11-20', '2026-11-21T00:00:00.000Z'],
    ['2027-11-21', '2027-11-22T00:00:00.000Z'],
    ['2026-11-20T10:00:01Z', '2026-11-20T10:00:01.000Z'],
    ['2026-11-20T12:30:00+02:00', '2026-11-20T10:30:00.000Z'],
  ])('an expiry of %s ends at %s', async (expires_at, ends_at) => {
    const using = deps();
    const { principal } = await signIn(using);
    const { row } = await createToken(using, principal, wish({ expires_at }));
    expect(row.expires_at.toISOString()).toBe(ends_at);
  });

  test('a token ends by itself, also when it is remembered', async () => {
    const using = deps();
    const { principal } = await signIn(using);
    const token = await createToken(using, principal, wish({ expires_at: '2026-11-20T10:00:10Z' }));
    clock = new Date('2026-11-20T10:00:09Z');
    expect(await resolvePrincipal(using, secret(token.secret), address)).toMatchObject({ kind: 'account' });
    clock = new Date('2026-11-20T10:00:10Z');
    expect(await resolvePrincipal(using, secret(token.secret), address)).toMatchObject({ invalid: true });
  });

  test('a refresh gives a new secret and as long a life again; the old secret is nothing', async () => {
    const using = deps();
    const { principal } = await signIn(using);
    const old = await createToken(using, principal, wish({ expires_at: '2026-11-25T10:00:00Z' }));
    expect(await resolvePrincipal(using, secret(old.secret), address)).toMatchObject({ kind: 'account' });
    clock = new Date(clock.getTime() + 100 * day);
    const fresh = await refreshToken(using, principal, old.row.id);
    expect(fresh.row).toMatchObject({ id: old.row.id, name: 'ci', expires_at: new Date(clock.getTime() + 5 * day) });
    expect(await resolvePrincipal(using, secret(old.secret), address)).toMatchObject({ invalid: true });
    expect(await resolvePrincipal(using, secret(fresh.secret), address)).toMatchObject({ kind: 'account' });
    const dated = await refreshToken(using, principal, old.row.id, '2027-03-31');
    expect(dated.row.expires_at).toEqual(new Date('2027-04-01T00:00:00Z'));
  });

  test('revoking ends a token; revoking it again, or a stranger doing it, finds none', async () => {
    const using = deps();
    const { principal } = await signIn(using);
    const { principal: stranger } = await signIn(using, 'root');
    const { row, secret: shown } = await createToken(using, principal, wish());
    await expect(revokeToken(using, stranger, row.id)).rejects.toMatchObject({ code: 'token_unknown' });
    await expect(refreshToken(using, stranger, row.id)).rejects.toMatchObject({ code: 'token_unknown' });
    expect(await resolvePrincipal(using, secret(shown), address)).toMatchObject({ kind: 'account' });
    await revokeToken(using, principal, row.id);
    expect(await resolvePrincipal(using, secret(shown), address)).toMatchObject({ invalid: true });
    await expect(revokeToken(using, principal, row.id)).rejects.toMatchObject({ code: 'token_unknown' });
    const { rows } = await findTokens(db, principal.id, { limit: 1000, offset: 0 });
    expect(rows.map(({ id }) => id)).not.toContain(row.id);
  });

  test('a resource token names channels on which its owner holds the permission', async () => {
    const using = deps();
    const { principal } = await signIn(using);
    const channel = { types: ['conda'], created_at: clock, updated_at: clock };
    await db
      .insertInto('channel')
      .values([
        { ...channel, path: 'own', privacy: 'private', owner_id: principal.id },
        { ...channel, path: 'open', privacy: 'public', owner_id: null },
        { ...channel, path: 'closed', privacy: 'private', owner_id: null },
      ])
      .execute();
    const ask = (resources: TokenResource[]) => createToken(using, principal, wish({ scopes: undefined, resources }));
    const { row } = await ask([
      { channel: 'own', permission: 'manage' },
      { channel: 'open', permission: 'read' },
    ]);
    expect(row).toMatchObject({ scopes: null, resources: [{ channel: 'own', permission: 'manage' }, {}] });
    const refused = { code: 'token_resource' };
    await expect(ask([{ channel: 'open', permission: 'write' }])).rejects.toMatchObject(refused);
    const closed = await ask([{ channel: 'closed', permission: 'read' }]).catch((error: Error) => error.message);
    const absent = await ask([{ channel: 'absent', permission: 'read' }]).catch((error: Error) => error.message);
    expect((absent as string).replace('absent', 'closed')).toBe(closed);
  });

  test('what happened is on record', async () => {
    const using = deps();
    const { principal } = await signIn(using);
    const { row } = await createToken(using, principal, wish({ name: 'recorded' }));
    await refreshToken(using, principal, row.id);
    await revokeToken(using, principal, row.id);
    const events = await db.selectFrom('event').selectAll().where('subject', '=', row.id).orderBy('id').execute();
    expect(events.map(({ actor, action }) => [actor, action])).toEqual([
      ['ada', 'user_token_created'],
      ['ada', 'user_token_updated'],
      ['ada', 'user_token_revoked'],
    ]);
    expect(events[0]!.data).toMatchObject({ name: 'recorded', scopes: ['artifact:download'] });
  });
});

describe('resolving', () => {
  test('nothing shown is anonymous, nonsense is invalid', async () => {
    const using = deps();
    expect(await resolvePrincipal(using, { kind: 'none' }, address)).toEqual({ kind: 'anonymous', invalid: false });
    for (const shown of ['', 'slc-nonsense', 'a.b.c', '\0']) {
      expect(await resolvePrincipal(using, secret(shown), address)).toEqual({ kind: 'anonymous', invalid: true });
    }
  });

  test('name and password work for single requests, and are guessed no faster than at the login', async () => {
    const using = deps();
    const shown = (password: string) => ({ kind: 'password', name: 'ada', password }) as const;
    const principal: Principal = await resolvePrincipal(using, shown('hunter22'), address);
    expect(principal).toMatchObject({ name: 'ada', proof: { kind: 'password' }, grants: { kind: 'all' } });
    for (let n = 0; n < 10; n += 1) await resolvePrincipal(using, shown(`wrong ${n}`), address);
    expect(await login(using, { name: 'ada', password: 'hunter22', address })).toMatchObject({ kind: 'limited' });
  });

  test('a warm request asks the database nothing', async () => {
    const using = deps();
    const { principal, jwt } = await signIn(using);
    const token = await createToken(using, principal, wish());
    const shown = [secret(jwt), secret(token.secret), { kind: 'password', name: 'ada', password: 'hunter22' } as const];
    for (const credential of shown) await resolvePrincipal(using, credential, address);
    const query = vi.spyOn(database.pool, 'connect');
    for (const credential of shown) {
      expect(await resolvePrincipal(using, credential, address)).toMatchObject({ name: 'ada' });
    }
    expect(query).not.toHaveBeenCalled();
    query.mockRestore();
  });

  test('a role that is taken away is gone from sessions and tokens', async () => {
    const using = deps();
    const { principal, jwt } = await signIn(using, 'root');
    const token = await createToken(using, principal, wish());
    await db.deleteFrom('account_role').where('account_id', '=', principal.id).where('role', '=', 'admin').execute();
    using.cache.forget(`account:${principal.id}`);
    for (const shown of [jwt, token.secret]) {
      expect(await resolvePrincipal(using, secret(shown), address)).toMatchObject({ roles: ['author'] });
    }
    await db.insertInto('account_role').values({ account_id: principal.id, role: 'admin' }).execute();
  });

  test('the last use of tokens is written in one go, later, and never moves back', async () => {
    const using = deps();
    const { principal } = await signIn(using);
    const [one, two] = [await createToken(using, principal, wish()), await createToken(using, principal, wish())];
    const used = async () => {
      const { rows } = await findTokens(db, principal.id, { limit: 1000, offset: 0 });
      return [one, two].map(({ row }) => rows.find(({ id }) => id === row.id)!.last_used_at);
    };
    await resolvePrincipal(using, secret(one.secret), address);
    clock = new Date(clock.getTime() + 5_000);
    await resolvePrincipal(using, secret(one.secret), address);
    await resolvePrincipal(using, secret(two.secret), address);
    expect(await used()).toEqual([null, null]);
    await using.lastUsed.close();
    expect(await used()).toEqual([clock, clock]);
    await touchTokens(db, new Map([[one.row.id, new Date('2020-01-01')]]));
    expect(await used()).toEqual([clock, clock]);
  });
});
