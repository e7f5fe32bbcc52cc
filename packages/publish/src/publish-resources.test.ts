import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type DatabaseAddress } from '@sluice/catalog';
import { areFactsHeld, collectUnheld, createTestCatalog, type TestCatalog, testRecord } from '@sluice/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PublishDeps } from './deps.ts';
import { publishChannel } from './publish-channel.ts';

// What a publication holds while it is being made, and that it lets go of it.

let catalog: TestCatalog;
beforeEach(async () => {
  catalog = await createTestCatalog();
});
afterEach(() => catalog.close());

/** Channels of three layers each. */
async function addChannels(count: number): Promise<number[]> {
  const sources = await Promise.all(
    ['1', '2', '3'].map((version) => catalog.admit({ [`a-${version}-0.conda`]: testRecord('a', version) })),
  );
  const channels: number[] = [];
  for (let n = 0; n < count; n++) {
    const channel = await catalog.addChannel(`c${n}`);
    for (const { sourceId } of sources) await catalog.addMirror(channel, sourceId);
    channels.push(channel);
  }
  return channels;
}

test('publications share few connections, however many layers they have', async () => {
  const channels = await addChannels(3);
  const { db, pool, close } = connect((catalog.pool as unknown as { options: DatabaseAddress }).options, { max: 4 });
  try {
    const publications = Promise.all(channels.map((id) => publishChannel({ ...catalog, db, pool }, id, 'test')));
    const outcomes = await Promise.race([publications, sleep(40_000, 'waiting for each other')]);
    expect(outcomes).toMatchObject(channels.map(() => ({ status: 'published', files: 3 })));
  } finally {
    void close();
  }
});

test('a publication that fails while it reads gives its connections back', async () => {
  const [channel] = await addChannels(1);
  const full = new Error('disk full');
  const storage: PublishDeps['storage'] = {
    ...catalog.storage,
    putPack: () => Promise.reject(full),
  };
  await expect(publishChannel({ ...catalog, storage }, channel!, 'test')).rejects.toThrow('disk full');
  const { pool } = catalog;
  await expect.poll(() => pool.totalCount - pool.idleCount).toBe(0);
  // The server takes a moment to notice that the connection is gone, and the lock with it.
  const again = async () => (await publishChannel(catalog, channel!, 'test')).status;
  await expect.poll(again).toBe('published');
});

test('the facts of a subdir that was judged as a whole are held by nobody when its shards are made', async () => {
  const [channel] = await addChannels(1);
  const { rows } = await catalog.pool.query<{ key: string }>("select encode(blob, 'hex') as key from facts");
  const stages: string[] = [];
  const storage: PublishDeps['storage'] = {
    ...catalog.storage,
    putPack: async (items) => {
      for (const { key } of rows) stages.push((await areFactsHeld(key)) ? 'held' : 'gone');
      return catalog.storage.putPack(items);
    },
  };
  const onJudged = () => {
    stages.push('judged');
    collectUnheld();
  };
  const outcome = await publishChannel({ ...catalog, storage, onJudged }, channel!, 'test');
  expect(outcome).toMatchObject({ status: 'published', files: 3 });
  expect(stages.slice(0, 4)).toEqual(['judged', 'gone', 'gone', 'gone']);
});
