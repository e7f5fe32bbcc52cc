import { expect, test } from 'vitest';
import { INVALID, type Principal } from './principal.ts';
import { createPrincipalCache } from './principal-cache.ts';

const start = new Date('2026-11-20T10:00:00Z');
const after = (seconds: number) => new Date(start.getTime() + seconds * 1000);
const byToken = (id: string, expires_at = after(3600)): Principal => ({
  kind: 'account',
  id: 'ada',
  name: 'ada',
  roles: [],
  grants: { kind: 'all' },
  proof: { kind: 'token', id, name: 'ci', expires_at },
});

/** Answers with its principal and counts how often it was asked. */
function source(principal: Principal) {
  const asked = { times: 0, load: async () => principal };
  asked.load = async () => {
    asked.times += 1;
    return principal;
  };
  return asked;
}

test('a warm key loads nothing for 30 s, good or bad', async () => {
  for (const principal of [byToken('1'), INVALID]) {
    const cache = createPrincipalCache();
    const db = source(principal);
    await cache.resolve('k', start, db.load);
    expect(await cache.resolve('k', after(30), db.load)).toBe(principal);
    expect(db.times).toBe(1);
    await cache.resolve('k', after(30.001), db.load);
    expect(db.times).toBe(2);
  }
});

test('a clock that is put back makes nothing live longer', async () => {
  const cache = createPrincipalCache();
  const db = source(byToken('1'));
  await cache.resolve('k', start, db.load);
  await cache.resolve('k', after(-3600), db.load);
  expect(db.times).toBe(2);
});

test('a token that expires is looked at again at that instant', async () => {
  const cache = createPrincipalCache();
  const db = source(byToken('1', after(10)));
  await cache.resolve('k', start, db.load);
  await cache.resolve('k', after(9.999), db.load);
  expect(db.times).toBe(1);
  await cache.resolve('k', after(10), db.load);
  expect(db.times).toBe(2);
});

test.each<[changed: string | undefined, forgotten: boolean]>([
  ['token:1', true],
  ['account:ada', true],
  [undefined, true],
  ['token:2', false],
  ['session:1', false],
  ['channel:1', false],
])('a change of %s', async (changed, forgotten) => {
  const cache = createPrincipalCache();
  const db = source(byToken('1'));
  await cache.resolve('k', start, db.load);
  cache.forget(changed);
  await cache.resolve('k', start, db.load);
  expect(db.times).toBe(forgotten ? 2 : 1);
});

test('a hundred requests at once make one load', async () => {
  const cache = createPrincipalCache();
  const db = source(byToken('1'));
  await Promise.all(Array.from({ length: 100 }, () => cache.resolve('k', start, db.load)));
  expect(db.times).toBe(1);
});

test('a load that began before a revocation does not bring the token back', async () => {
  const cache = createPrincipalCache();
  const begun = Promise.withResolvers<Principal>();
  const first = cache.resolve('k', start, () => begun.promise);
  cache.forget('token:1');
  begun.resolve(byToken('1'));
  await first;
  expect(await cache.resolve('k', start, async () => INVALID)).toBe(INVALID);
});

test('a load that fails is not remembered', async () => {
  const cache = createPrincipalCache();
  await expect(cache.resolve('k', start, () => Promise.reject(new Error('down')))).rejects.toThrow('down');
  expect(await cache.resolve('k', start, async () => INVALID)).toBe(INVALID);
});

test('memory is bounded', async () => {
  const cache = createPrincipalCache({ entries: 2 });
  const db = source(INVALID);
  for (const key of ['a', 'b', 'c', 'a']) await cache.resolve(key, start, db.load);
  expect(db.times).toBe(4);
});
