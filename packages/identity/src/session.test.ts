import { createHmac } from 'node:crypto';
import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { deriveSessionKey, readSession, signSession } from './session.ts';

const key = deriveSessionKey('a secret key of the server, long enough');
const issued_at = new Date('2026-11-20T10:00:00Z');
const expires_at = new Date('2026-11-20T22:00:00Z');
const claims = { session_id: 's-1', account_id: 'a-1', account_name: 'ada', roles: ['admin'], issued_at, expires_at };
const jwt = await signSession(key, claims);

function forge(header: object, payload: object, signWith: Uint8Array): string {
  const [head, body] = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  return `${head}.${body}.${createHmac('sha256', signWith).update(`${head}.${body}`).digest('base64url')}`;
}

test('the JWT says what clients of Keycloak read', () => {
  expect(decodeJwt(jwt)).toEqual({
    iss: 'sluice',
    sub: 'a-1',
    jti: 's-1',
    preferred_username: 'ada',
    realm_access: { roles: ['admin'] },
    iat: issued_at.getTime() / 1000,
    exp: expires_at.getTime() / 1000,
  });
});

test('it is read back while it lasts', async () => {
  expect(await readSession(key, jwt, issued_at)).toEqual({ session_id: 's-1' });
  expect(await readSession(key, jwt, new Date(expires_at.getTime() - 1000))).toEqual({ session_id: 's-1' });
  expect(await readSession(key, jwt, expires_at)).toBe('invalid');
});

describe('a JWT that is not ours is invalid', () => {
  const exp = expires_at.getTime() / 1000;
  const good = { iss: 'sluice', sub: 'a-1', jti: 's-1', exp };
  const hs256 = { alg: 'HS256' };
  test('(the forging itself works)', async () => {
    expect(await readSession(key, forge(hs256, good, key), issued_at)).toEqual({ session_id: 's-1' });
  });
  test.each<[string, string]>([
    ['another key', forge(hs256, good, deriveSessionKey('another'))],
    ['the secret key itself', forge(hs256, good, Buffer.from('a secret key of the server, long enough'))],
    ['alg none', `${forge({ alg: 'none' }, good, key).split('.').slice(0, 2).join('.')}.`],
    ['another algorithm', forge({ alg: 'HS384' }, good, key)],
    ['another issuer', forge(hs256, { ...good, iss: 'keycloak' }, key)],
    ['no end', forge(hs256, { iss: 'sluice', sub: 'a-1', jti: 's-1' }, key)],
    ['no session', forge(hs256, { iss: 'sluice', sub: 'a-1', exp }, key)],
    [
      'a changed claim',
      jwt.replace(/\.[^.]+\./, `.${Buffer.from(JSON.stringify({ ...good, jti: 's-2' })).toString('base64url')}.`),
    ],
    ['no JWT at all', 'a.b.c'],
    ['nothing', ''],
  ])('%s', async (_, forged) => {
    expect(await readSession(key, forged, issued_at)).toBe('invalid');
  });
});
