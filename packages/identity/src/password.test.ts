import { expect, test } from 'vitest';
import { hashPassword, verifyPassword } from './password.ts';

test('a password fits its own hash only', async () => {
  const hash = await hashPassword('correct horse');
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  expect(await verifyPassword('correct horse', hash)).toBe(true);
  expect(await verifyPassword('Correct horse', hash)).toBe(false);
  expect(await verifyPassword('', hash)).toBe(false);
});

test('equal passwords have different hashes', async () => {
  const [one, two] = await Promise.all([hashPassword('same'), hashPassword('same')]);
  expect(one).not.toBe(two);
});

test('a hash made elsewhere verifies with the parameters it names', async () => {
  // Test vector of the argon2 reference implementation: argon2id, v=19, m=65536, t=2, p=1, password "password", salt "somesalt".
  const hash = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  expect(await verifyPassword('password', hash)).toBe(true);
  expect(await verifyPassword('passwore', hash)).toBe(false);
});

test('without a hash the answer is no, after the same work', async () => {
  const hash = await hashPassword('x');
  const time = async (stored: string | undefined) => {
    // Of this process: what else the machine does is no part of it.
    const begun = process.cpuUsage();
    await verifyPassword('y', stored);
    return process.cpuUsage(begun).user;
  };
  const median = async (stored: string | undefined) => {
    const times: number[] = [];
    for (let n = 0; n < 5; n += 1) times.push(await time(stored));
    return times.sort((a, b) => a - b)[2]!;
  };
  expect(await median(undefined)).toBeGreaterThan((await median(hash)) / 3);
});

test('composed and decomposed letters are the same password', async () => {
  expect(await verifyPassword('e\u0301', await hashPassword('\u00e9'))).toBe(true);
});

test('a damaged hash is an error, not a wrong password', async () => {
  await expect(verifyPassword('x', '$2b$12$abc')).rejects.toMatchObject({ code: 'password_hash_form' });
});
