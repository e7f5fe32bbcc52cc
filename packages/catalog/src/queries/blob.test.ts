import { createHash } from 'node:crypto';
import { createTestDatabase, type TestDatabase } from '@sluice/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { insertBlobs, localDigests } from './blob.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.close());

test('two that write the same blobs in another order do not block each other', async () => {
  const blobs = Array.from({ length: 6000 }, (_, i) => ({
    sha256: createHash('sha256').update(String(i)).digest(),
    size: i,
    pack: null,
    pack_offset: null,
  }));
  const write = (rows: typeof blobs) =>
    database.db.transaction().execute((trx) => insertBlobs(trx, rows, new Date('2026-11-21T00:00:00Z')));
  await Promise.all([write(blobs), write(blobs.toReversed()), write(blobs), write(blobs.toReversed())]);
  const digests = blobs.map(({ sha256 }) => sha256);
  expect((await localDigests(database.db, digests)).size).toBe(6000);
});

test('one that lists the same blob twice notes it once', async () => {
  const row = { sha256: createHash('sha256').update('x').digest(), size: 1, pack: null, pack_offset: null };
  for (let i = 0; i < 2; i++) {
    await insertBlobs(database.db, [row, row], new Date('2026-11-21T00:00:00Z'));
    await database.pool.query('update blob set condemned_at = now()');
  }
  expect((await localDigests(database.db, [row.sha256])).size).toBe(1);
});
