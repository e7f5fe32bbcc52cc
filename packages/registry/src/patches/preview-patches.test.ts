import { findChannelById } from '@sluice/catalog';
import { publishChannel } from '@sluice/publish';
import { createTestCatalog, type TestCatalog, testRecord } from '@sluice/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { setChannelLayers } from '../channels/set-layers.ts';
import { setPatches } from './change-patches.ts';
import { patchWish } from './patch-wish.ts';

let catalog: TestCatalog;
beforeEach(async () => {
  catalog = await createTestCatalog();
});
afterEach(() => catalog.close());

const actor = { id: 'x', name: 'ada' };

async function patch(id: number, document: object, options = {}) {
  const wish = patchWish('linux-64', Buffer.from(JSON.stringify(document)));
  return setPatches(catalog, (await findChannelById(catalog.db, id))!, [wish], actor, options);
}

it('refuses a document that would cost clients a package', async () => {
  const id = await catalog.addChannel('c');
  const wrong = patch(id, { 'packages.conda': { 'a-1-0.conda': { license: ['MIT'] } } });
  await expect(wrong).rejects.toMatchObject({ code: 'patch_invalid', wanted: 'a text or null' });
});

it('compares what patches above a channel do with what that channel shows', async () => {
  const [low, top] = [await catalog.addChannel('low'), await catalog.addChannel('top')];
  const records = { 'a-1-0.conda': testRecord('a', '1'), 'b-1-0.conda': testRecord('b', '1') };
  const { sourceId } = await catalog.admit(records);
  await catalog.addMirror(low, sourceId);
  await patch(low, { 'packages.conda': { 'a-1-0.conda': { license: 'MIT' } }, remove: ['b-1-0.conda'] });
  await publishChannel(catalog, low, 'run');
  const layers = [(await findChannelById(catalog.db, low))!];
  await setChannelLayers(catalog, (await findChannelById(catalog.db, top))!, { layers }, () => {}, actor);

  const above = { 'packages.conda': { 'a-1-0.conda': { license: 'BSD' } }, remove: ['b-1-0.conda'] };
  const { subdirs } = await patch(top, above, { dryRun: true });
  expect(subdirs[0]).toMatchObject({
    ...{ files: 1, removed: 0, unknown: { count: 1, files: ['b-1-0.conda'] } },
    changes: { count: 1, items: [{ file: 'a-1-0.conda', key: 'license', before: 'MIT', after: 'BSD' }] },
  });
});
