import { randomUUID } from 'node:crypto';
import { findAccountByName } from '@sluice/catalog';
import { createTestDatabase } from '@sluice/testkit';
import { expect, test } from 'vitest';
import { ensureFirstAdmin } from './first-admin.ts';
import { verifyPassword } from './password.ts';

const now = () => new Date('2026-11-20T10:00:00Z');

async function emptyDatabase() {
  const database = await createTestDatabase();
  return { deps: { db: database.db, now, newId: randomUUID }, [Symbol.asyncDispose]: database.close };
}

test('an empty database gets an admin with a password of its own', async () => {
  await using database = await emptyDatabase();
  const outcome = await ensureFirstAdmin(database.deps, undefined);
  expect(outcome).toEqual({ created: true, generated: expect.stringMatching(/^[A-Za-z0-9]{24}$/) });
  const admin = await findAccountByName(database.deps.db, 'admin');
  expect(admin).toMatchObject({ roles: ['admin', 'author'], last_login_at: null });
  expect(await verifyPassword((outcome as { generated: string }).generated, admin!.password_hash!)).toBe(true);
});

test('a configured password is used and not told', async () => {
  await using database = await emptyDatabase();
  expect(await ensureFirstAdmin(database.deps, 'from the setting')).toEqual({ created: true, generated: undefined });
  const admin = await findAccountByName(database.deps.db, 'admin');
  expect(await verifyPassword('from the setting', admin!.password_hash!)).toBe(true);
});

test('a database with an account is left alone, whatever the setting says', async () => {
  await using database = await emptyDatabase();
  await ensureFirstAdmin(database.deps, 'the first one');
  expect(await ensureFirstAdmin(database.deps, 'another one')).toEqual({ created: false });
  const admin = await findAccountByName(database.deps.db, 'admin');
  expect(await verifyPassword('the first one', admin!.password_hash!)).toBe(true);
});

test('nodes that start together make one admin', async () => {
  await using database = await emptyDatabase();
  const outcomes = await Promise.all([1, 2, 3, 4].map(() => ensureFirstAdmin(database.deps, undefined)));
  expect(outcomes.filter((outcome) => outcome.created)).toHaveLength(1);
});
