import { headIndexes } from '@sluice/catalog';
import { readShardSum } from '@sluice/formats/package';
import { admitUpload, deleteFiles } from '@sluice/registry';
import { blobRef } from '@sluice/storage';
import { buildWheel, createTestCatalog, type TestCatalog } from '@sluice/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { publishChannel } from './publish-channel.ts';

// What stands in the place of an index where nobody is served one.

let catalog: TestCatalog;
let channel: number;
beforeEach(async () => {
  catalog = await createTestCatalog();
  channel = await catalog.addChannel('c');
  await catalog.db
    .updateTable('channel')
    .set({ types: ['python'] })
    .execute();
});
afterEach(() => catalog.close());

async function upload(name: string): Promise<void> {
  const { fileName, bytes } = await buildWheel({ name });
  const receiving = await catalog.storage.receive();
  await receiving.write(bytes);
  const place = { id: channel, path: 'c', types: ['python'] };
  await admitUpload(catalog, { channel: place, fileName, receiving, actor: 'tester' });
}

async function sum() {
  const [index] = await headIndexes(catalog.db, channel);
  return index && readShardSum(await catalog.storage.read(blobRef(index)));
}

test('a part keeps a sum of its shards, the same whatever way it took', async () => {
  await upload('one');
  await publishChannel(catalog, channel, 'test');
  const first = await sum();
  expect(first?.count).toBe(1);
  await upload('two');
  await publishChannel(catalog, channel, 'test');
  expect((await sum())?.count).toBe(2);
  expect(await publishChannel(catalog, channel, 'test', { from: 'scratch' })).toEqual({ status: 'unchanged' });
  await deleteFiles(catalog, { id: channel, path: 'c' }, { type: 'python', name: 'two' }, { id: 'x', name: 'tester' });
  await publishChannel(catalog, channel, 'test');
  expect(await sum()).toEqual(first);
});
