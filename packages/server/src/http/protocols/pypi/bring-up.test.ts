import { findChannelById } from '@sluice/catalog';
import type { AskedMirror } from '@sluice/mirror';
import { createTestDatabase, type TestDatabase } from '@sluice/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBringUp } from './bring-up.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  // Frozen: whatever it shows, another one has published.
  await database.pool.query(
    `insert into channel (id, path, privacy, types, frozen, head_no, created_at, updated_at) overriding system value
     values (1, 'c', 'public', '{python}', true, 1, now(), now())`,
  );
});
afterAll(() => database.close());

const mirrors = [{ status: 'fresh', known: { absent: false } }] as unknown as AskedMirror[];

/** Ask for a project of which memory says that the head does not have it. @returns how often memories were told to forget. */
async function ask(project: string): Promise<number> {
  let forgotten = 0;
  const { db, pool } = database;
  const bringUp = createBringUp({
    rooms: { db, pool } as never,
    asker: { ask: async () => ({ mirrors, moved: false }) } as never,
    entry: async () => undefined,
    layers: async () => [],
    forget: () => {
      forgotten++;
    },
  });
  expect(await bringUp(1, project)).toEqual(mirrors);
  return forgotten;
}

test('what somebody else published meanwhile is shown before it is announced here', async () => {
  expect((await findChannelById(database.db, 1))?.frozen).toBe(true);
  const { pool } = database;
  await pool.query("insert into blob (sha256, size, created_at) values ('\\x00', 1, now())");
  await pool.query(
    `insert into publication (channel_id, no, created_at, cause, inputs, added, removed, files, packages)
     values (1, 1, now(), 'test', '[]', 0, 0, 1, 1)`,
  );
  await pool.query(
    `insert into entry (channel_id, kind, key, from_no, blob, signature, files, buckets)
     values (1, 'shard', 'pypi/demo', 1, '\\x00', '\\x0000000000000001', 1, '{0,1,0,0}')`,
  );
  expect(await ask('demo')).toBe(1);
});

test('what no rule lets through empties no memory at each request', async () => {
  expect(await ask('other')).toBe(0);
});
