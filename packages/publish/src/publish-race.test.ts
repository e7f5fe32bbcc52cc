import { findChannelById, markChannelDeleted, withLock } from '@sluice/catalog';
import { createTestCatalog, type TestCatalog, testRecord } from '@sluice/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { publishChannel } from './publish-channel.ts';
import { rollBack } from './rollback.ts';

// What happens to a channel while its publication is being made, which for a large one takes a minute.

let catalog: TestCatalog;
beforeEach(async () => {
  catalog = await createTestCatalog();
});
afterEach(() => catalog.close());

test.each<[string, (id: number) => Promise<unknown>, string]>([
  ['frozen', (id) => catalog.editChannel(id, { frozen: true }), 'frozen'],
  ['deleted', (id) => markChannelDeleted(catalog.db, id, new Date()), 'missing'],
])('a channel that is %s meanwhile keeps its head', async (_, deed, status) => {
  const id = await catalog.addChannel('c');
  const { sourceId, revision } = await catalog.admit({ 'a-1-0.conda': testRecord('a', '1') });
  await catalog.addMirror(id, sourceId, { atRev: revision });
  const storage: TestCatalog['storage'] = {
    ...catalog.storage,
    async putPack(items) {
      await deed(id);
      return catalog.storage.putPack(items);
    },
  };
  expect(await publishChannel({ ...catalog, storage }, id, 'test')).toEqual({ status });
  expect((await findChannelById(catalog.db, id))?.head_no ?? 0).toBe(0);
  const { entries } = await catalog.db
    .selectFrom('entry')
    .select((eb) => eb.fn.countAll<number>().as('entries'))
    .executeTakeFirstOrThrow();
  expect(Number(entries)).toBe(0);
});

test('a channel that is being published is not waited for', async () => {
  const id = await catalog.addChannel('c');
  await withLock(catalog.pool, 'channel', id, async () => {
    expect(await publishChannel(catalog, id, 'test')).toEqual({ status: 'busy' });
  });
  expect(await publishChannel(catalog, id, 'test')).toEqual({ status: 'unchanged' });
});

test('a channel that is rolled back and unfrozen meanwhile is judged again', async () => {
  const id = await catalog.addChannel('c');
  const { sourceId } = await catalog.admit({ 'a-1-0.conda': testRecord('a', '1') });
  const mirror = await catalog.addMirror(id, sourceId);
  await publishChannel(catalog, id, 'test');
  await catalog.admit({ 'b-1-0.conda': testRecord('b', '1') }, { sourceId });
  await catalog.editMirror(mirror, { at_rev: 2 });
  let before = true;
  const storage: TestCatalog['storage'] = {
    ...catalog.storage,
    async putPack(items) {
      if (!before) return catalog.storage.putPack(items);
      before = false;
      await rollBack(catalog, { id, path: 'c' }, '1', { name: 'ada' });
      await catalog.editChannel(id, { frozen: false });
      return catalog.storage.putPack(items);
    },
  };
  expect(await publishChannel({ ...catalog, storage }, id, 'test')).toEqual({ status: 'busy' });
  expect(await publishChannel(catalog, id, 'test')).toMatchObject({ status: 'published', no: 3 });
});

test('the first change after quiet is published at once, the next when its time has come', async () => {
  const id = await catalog.addChannel('c');
  const { sourceId } = await catalog.admit({ 'a-1-0.conda': testRecord('a', '1') });
  const mirror = await catalog.addMirror(id, sourceId);
  const publish = () => publishChannel(catalog, id, 'test', { spacing_ms: 1000 });
  expect(await publish()).toMatchObject({ status: 'published', no: 1 });
  const until = new Date(catalog.clock.ms + 1000);
  await catalog.editMirror(mirror, { filters: JSON.stringify({ exclude_specs: ['a'] }) });
  catalog.clock.ms += 999;
  expect(await publish()).toEqual({ status: 'early', until });
  catalog.clock.ms += 1;
  expect(await publish()).toMatchObject({ status: 'published', no: 2, removed: 1 });
  expect(await publish()).toEqual({ status: 'unchanged' });
});
