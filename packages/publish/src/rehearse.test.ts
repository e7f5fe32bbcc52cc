import { createTestCatalog, type TestCatalog, testRecord } from '@sluice/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { publishChannel } from './publish-channel.ts';
import { rehearse } from './rehearse.ts';

let catalog: TestCatalog;
beforeEach(async () => {
  catalog = await createTestCatalog();
});
afterEach(() => catalog.close());

test('where nothing is published there is nothing to rehearse', async () => {
  expect(await rehearse(catalog)).toBe(0);
});

test('shards of a channel are written, and nothing is kept or changed', async () => {
  const { sourceId } = await catalog.admit({
    'a-1-0.conda': testRecord('a', '1'),
    'a-2-0.conda': testRecord('a', '2'),
    'b-1-0.conda': testRecord('b', '1'),
  });
  const channel = await catalog.addChannel('c');
  await catalog.addMirror(channel, sourceId, { filters: { exclude_specs: ['b'] } });
  await publishChannel(catalog, channel, 'test');
  const all = async () => [
    await catalog.db.selectFrom('entry').selectAll().orderBy('key').execute(),
    await catalog.db.selectFrom('blob').selectAll().orderBy('sha256').execute(),
  ];
  const before = await all();
  expect(await rehearse(catalog)).toBe(1);
  // The same shard once of its records, and once out of the one that the head has.
  expect(await rehearse({ ...catalog, spliceFrom: 1 })).toBe(2);
  expect(await all()).toEqual(before);
});

test('names of more parts are rehearsed in rounds, and none is begun once there is real work', async () => {
  const { sourceId } = await catalog.admit({ 'a-1-0.conda': testRecord('a', '1') });
  const { revision } = await catalog.admit({ 'b-1-0.conda': testRecord('b', '1') }, { sourceId, subdir: 'noarch' });
  const channel = await catalog.addChannel('c');
  await catalog.addMirror(channel, sourceId, { atRev: revision });
  await publishChannel(catalog, channel, 'test');
  expect(await rehearse(catalog)).toBe(2);
  expect(await rehearse(catalog, AbortSignal.abort())).toBe(0);
});
