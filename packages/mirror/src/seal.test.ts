import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createSealer } from './seal.ts';

const sealer = createSealer(randomBytes(32));
const secret = { userInfo: 'me:pw', token: 'ab-12' };

test('what is sealed can be opened, with the same key only', () => {
  const { credential, credential_key } = sealer.seal(secret);
  expect(sealer.open(credential)).toEqual(secret);
  expect(Buffer.from(credential!).toString('latin1')).not.toContain('ab-12');
  expect(() => createSealer(randomBytes(32)).open(credential)).toThrow(
    expect.objectContaining({ code: 'upstream_denied' }),
  );
  expect(credential_key).toHaveLength(32);
});

test('every change of the sealed bytes is noticed', () => {
  const { credential } = sealer.seal(secret);
  for (const at of [1, 14, credential!.length - 1]) {
    const changed = Buffer.from(credential!);
    changed[at]! ^= 1;
    expect(() => sealer.open(changed)).toThrow();
  }
});

test('equal secrets have equal keys and unequal sealings', () => {
  const one = sealer.seal(secret);
  const other = sealer.seal({ token: 'ab-12', userInfo: 'me:pw' });
  expect(other.credential_key).toEqual(one.credential_key);
  expect(other.credential).not.toEqual(one.credential);
  expect(sealer.seal({ ...secret, token: 'cd' }).credential_key).not.toEqual(one.credential_key);
});

test('no secret is null', () => {
  expect(sealer.seal({})).toEqual({ credential: null, credential_key: null });
  expect(sealer.open(null)).toEqual({});
});
