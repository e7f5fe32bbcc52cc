import { createHash } from 'node:crypto';
import { findChannelById } from '@sluice/catalog';
import { patchWish, setPatches } from '@sluice/registry';
import { createTestCatalog, type TestCatalog, testRecord } from '@sluice/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findFile } from './find-file.ts';
import { ruledLayers } from './layers.ts';
import { publishChannel } from './publish-channel.ts';

// Documents of patches may have 60 MB each, and a channel a hundred of them: what does not need one must not read it.

let catalog: TestCatalog;
let channel: number;
let mirror: string;
let sourceId: number;
beforeEach(async () => {
  catalog = await createTestCatalog();
  channel = await catalog.addChannel('c');
  ({ sourceId } = await catalog.admit({ 'a-1-0.conda': testRecord('a', '1') }));
  mirror = await catalog.addMirror(channel, sourceId);
});
afterEach(() => catalog.close());

async function patch(subdir: string, document: object): Promise<void> {
  const row = (await findChannelById(catalog.db, channel))!;
  const wish = patchWish(subdir, Buffer.from(JSON.stringify({ patch_instructions_version: 1, ...document })));
  await setPatches(catalog, row, [wish], { id: 'x', name: 'ada' });
}

/** Whoever reads such a document fails. */
async function breakPatches(which: { subdir: string; to_rev: number | null }): Promise<void> {
  const broken = { instructions: '{', sha256: createHash('sha256').update(`${which.subdir} {`).digest() };
  const { numUpdatedRows } = await catalog.db
    .updateTable('patch')
    .set(broken)
    .where('subdir', '=', which.subdir)
    .where('to_rev', which.to_rev === null ? 'is' : '=', which.to_rev)
    .executeTakeFirstOrThrow();
  expect(Number(numUpdatedRows)).toBe(1);
}

it('a download reads the patches in force only, as long as they tell', async () => {
  const ask = async (at?: number) => {
    const layers = await ruledLayers(catalog.db, (await findChannelById(catalog.db, channel))!, catalog.neededFiles);
    const wanted = { channelId: channel, layers, subdir: 'linux-64', file: 'a-1-0.conda' };
    return findFile(catalog, { ...wanted, ...(at && { at }) });
  };
  for (const name of ['x', 'y']) {
    await patch('linux-64', { 'packages.conda': { 'a-1-0.conda': { depends: [name] } } });
    await publishChannel(catalog, channel, name);
  }
  expect(await ask(1)).toMatchObject({ status: 'served' });
  await breakPatches({ subdir: 'linux-64', to_rev: 2 });
  expect(await ask()).toMatchObject({ status: 'served' });
  expect(await ask(2)).toMatchObject({ status: 'served' });
  await expect(ask(1)).rejects.toThrow('patch_instructions.json');
});

it('a publication reads the patches of touched subdirs only', async () => {
  await patch('noarch', { remove: ['b-1-0.conda'] });
  await patch('linux-64', { remove: ['a-2-0.conda'] });
  await publishChannel(catalog, channel, 'first');
  await breakPatches({ subdir: 'noarch', to_rev: null });
  await catalog.admit({ 'a-2-0.conda': testRecord('a', '2'), 'a-3-0.conda': testRecord('a', '3') }, { sourceId });
  await catalog.editMirror(mirror, { at_rev: 2 });
  expect(await publishChannel(catalog, channel, 'second')).toMatchObject({ status: 'published', files: 1 });
});
