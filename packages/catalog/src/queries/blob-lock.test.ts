import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase, type TestDatabase } from '@sluice/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { insertBlobs, keepBlobs } from './blob.ts';
import { shareBlobs, withBlobsAlone } from './blob-lock.ts';
import { condemnBlobs, removeCondemned } from './garbage.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.close());

const sha256 = Buffer.alloc(32, 1);
const blob = { sha256, size: 5, pack: null, pack_offset: null };
const [early, late] = [new Date('2026-11-01T00:00:00Z'), new Date('2026-11-21T00:00:00Z')];

test('who is alone waits for those who bring bytes in, not for ever, and the other way round', async () => {
  const done: string[] = [];
  const [shares, tried] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const admitted = database.db.transaction().execute(async (trx) => {
    await shareBlobs(trx);
    shares.resolve();
    await tried.promise;
    await sleep(100);
    done.push('admitted');
  });
  await shares.promise;
  expect(await withBlobsAlone(database.pool, 20, async () => 'too early')).toBeUndefined();
  tried.resolve();
  const isAlone = Promise.withResolvers<void>();
  const alone = withBlobsAlone(database.pool, 30_000, async () => {
    isAlone.resolve();
    await sleep(100);
    done.push('removed');
    return 'alone';
  });
  await isAlone.promise;
  const next = database.db.transaction().execute(async (trx) => {
    await shareBlobs(trx);
    done.push('admitted next');
  });
  expect(await alone).toBe('alone');
  await Promise.all([admitted, next]);
  expect(done).toEqual(['admitted', 'removed', 'admitted next']);
});

test('a failure inside lets go of the lock', async () => {
  const failing = withBlobsAlone(database.pool, 30_000, () => Promise.reject(new Error('disk')));
  await expect(failing).rejects.toThrow('disk');
  expect(await withBlobsAlone(database.pool, 30_000, async () => 'free')).toBe('free');
});

test.each<[string, () => Promise<unknown>]>([
  ['brought in again', () => insertBlobs(database.db, [blob], late)],
  ['relied on', () => keepBlobs(database.db, [sha256])],
])('a condemned blob that is %s stays', async (_how, deed) => {
  await insertBlobs(database.db, [blob], early);
  expect(await condemnBlobs(database.db, [sha256], early)).toEqual({ count: 1, bytes: 5 });
  expect(await condemnBlobs(database.db, [sha256], late)).toEqual({ count: 0, bytes: 0 });
  await deed();
  expect(await removeCondemned(database.db, late, Buffer.alloc(0), 10)).toEqual({ last: undefined, removed: [] });
});

test('a condemned blob that a row refers to after all is pardoned, not removed', async () => {
  await insertBlobs(database.db, [blob, { ...blob, sha256: Buffer.alloc(32, 2) }], early);
  await condemnBlobs(database.db, [sha256, Buffer.alloc(32, 2)], early);
  await database.pool.query(`insert into source (type, url, created_at) values ('conda', 'x', now())`);
  await database.pool.query(
    'insert into facts (source_id, subdir, revision, blob, unpacked_bytes) select id, $1, 1, $2, 1 from source',
    ['noarch', sha256],
  );
  const { removed } = await removeCondemned(database.db, late, Buffer.alloc(0), 10);
  expect(removed.map((one) => one.sha256[0])).toEqual([2]);
  const { rows } = await database.pool.query('select condemned_at from blob');
  expect(rows).toEqual([{ condemned_at: null }]);
});
