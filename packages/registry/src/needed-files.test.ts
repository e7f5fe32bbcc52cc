import { findNeededFiles, insertBlobs, type LayerState } from '@sluice/catalog';
import type { MirrorFilters } from '@sluice/policy';
import { blobRef, putSmallBlobs } from '@sluice/storage';
import { createTestCatalog, type TestCatalog, testRecord } from '@sluice/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { neededFiles } from './needed-files.ts';

let catalog: TestCatalog;
beforeAll(async () => {
  catalog = await createTestCatalog();
});
afterAll(() => catalog.close());

const lib = { 'lib-1-0.conda': testRecord('lib', '1', { subdir: 'noarch' }) };

function layer(sourceId: number, revision: number, filters: MirrorFilters = {}): LayerState {
  const mirror = { filters: { subdirs: ['linux-64'], ...filters }, keepLegacy: false };
  return { sourceId, revision, definition: { types: ['conda'], channel: {}, mirror } };
}

test('is worked out once for a revision and its rules, and right for each of them', async () => {
  const { sourceId } = await catalog.admit({ 'a-1-0.conda': testRecord('a', '1', { depends: ['lib'] }) });
  const second = await catalog.admit(lib, { sourceId, subdir: 'noarch' });
  const third = await catalog.admit({ 'a-1-0.conda': testRecord('a', '1') }, { sourceId });
  const asked: [LayerState, boolean][] = [
    [layer(sourceId, 1), false],
    [layer(sourceId, second.revision), true],
    [layer(sourceId, second.revision, { exclude_specs: ['a'] }), false],
    [layer(sourceId, second.revision, { subdirs: ['win-64'] }), false],
    [layer(sourceId, third.revision), false],
  ];
  for (const [state, wanted] of asked) {
    const both = await Promise.all([neededFiles(catalog, state), neededFiles(catalog, state)]);
    expect(both.map(({ has }) => has('noarch', 'lib-1-0.conda'))).toEqual([wanted, wanted]);
  }
  const noRecords = { connect: () => Promise.reject(new Error('the records are read again')) } as never;
  for (const [state, wanted] of asked) {
    expect((await neededFiles({ ...catalog, pool: noRecords }, state)).has('noarch', 'lib-1-0.conda')).toBe(wanted);
  }
});

test('is worked out again where its bytes are lost, and then it is there', async () => {
  const { sourceId } = await catalog.admit({ 'a-1-0.conda': testRecord('a', '1', { depends: ['lib'] }) });
  const { revision } = await catalog.admit(lib, { sourceId, subdir: 'noarch' });
  await neededFiles(catalog, layer(sourceId, revision));
  const blob = await catalog.db
    .selectFrom('needed_files')
    .innerJoin('blob', 'blob.sha256', 'needed_files.blob')
    .select(['blob.sha256', 'size', 'pack', 'pack_offset'])
    .where('source_id', '=', sourceId)
    .executeTakeFirstOrThrow();
  await catalog.storage.delete(blobRef(blob));
  expect((await neededFiles(catalog, layer(sourceId, revision))).has('noarch', 'lib-1-0.conda')).toBe(true);
  expect(await catalog.storage.stat(blobRef(blob))).toMatchObject({ size: blob.size });
});

test('is remembered again where it was packed otherwise when it was lost', async () => {
  const { sourceId, revision } = await catalog.admit({ 'a-1-0.conda': testRecord('a', '1') });
  const state = layer(sourceId, revision);
  await neededFiles(catalog, state);
  const [other] = await putSmallBlobs(catalog.storage, [Buffer.alloc(100, 7)]);
  await insertBlobs(catalog.db, [other!], catalog.now());
  const blob = Buffer.from(other!.sha256);
  await catalog.db.updateTable('needed_files').set({ blob }).where('source_id', '=', sourceId).execute();
  await neededFiles(catalog, state);
  expect(blobRef((await findNeededFiles(catalog.db, state))!)).not.toEqual(blobRef(other!));
});
