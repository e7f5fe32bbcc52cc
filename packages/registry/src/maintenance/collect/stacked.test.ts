import { createHash } from 'node:crypto';
import { documentsAt, findBlob, findChannelById } from '@sluice/catalog';
import { findFile, publishChannel, ruledLayers, writeMonolith } from '@sluice/publish';
import { type BuiltPackage, buildCondaPackage, createTestCatalog, type TestCatalog } from '@sluice/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { deleteChannel } from '../../channels/delete-channel.ts';
import { deleteFiles } from '../../channels/delete-files.ts';
import { setChannelLayers } from '../../channels/set-layers.ts';
import { setPatches } from '../../patches/change-patches.ts';
import { patchWish } from '../../patches/patch-wish.ts';
import { collect } from '../testing/run-maintenance.ts';

// What a channel above lists is needed, whatever becomes of it below.

const dayMs = 24 * 60 * 60 * 1000;
const actor = { id: 'x', name: 'tester' };
const low = { id: 0, path: 'low' };
const top = { id: 0, path: 'top' };

let catalog: TestCatalog;
let packages: BuiltPackage[];
beforeEach(async () => {
  catalog = await createTestCatalog();
  low.id = await catalog.addChannel('low');
  top.id = await catalog.addChannel('top');
  packages = await Promise.all(
    ['a', 'b'].map((name) => buildCondaPackage({ name, subdir: 'linux-64', files: { 'a.txt': name.repeat(100_000) } })),
  );
  for (const one of packages) await catalog.upload(low.id, 'low', one);
  await setChannelLayers(catalog, top, { layers: [low] }, () => {}, actor);
  for (const { id } of [low, top]) await publishChannel(catalog, id, 'test');
});
afterEach(() => catalog.close());

const isLocal = async ({ bytes }: BuiltPackage) =>
  (await findBlob(catalog.db, createHash('sha256').update(bytes).digest())) !== undefined;

async function collectTwice(): Promise<void> {
  for (let i = 0; i < 2; i += 1) {
    catalog.clock.ms += 400 * dayMs;
    await collect(catalog);
  }
}

async function ask({ fileName: file }: BuiltPackage, no?: number): Promise<string> {
  const channel = (await findChannelById(catalog.db, top.id))!;
  const layers = await ruledLayers(catalog.db, channel, catalog.neededFiles);
  const at = no === undefined ? {} : { at: no };
  return (await findFile(catalog, { channelId: top.id, layers, subdir: 'linux-64', file, ...at })).status;
}

it('files that only a frozen channel above lists stay, and so do its documents', async () => {
  await catalog.editChannel(top.id, { frozen: true });
  await deleteFiles(catalog, low, { name: 'a' }, actor);
  await publishChannel(catalog, low.id, 'deletion');
  await collectTwice();
  expect(await Promise.all(packages.map(isLocal))).toEqual([true, true]);
  expect(await writeMonolith(catalog, top.id)).toMatchObject({ status: 'written' });
  const { missing } = await documentsAt(catalog.db, top.id, 1);
  expect(missing).toEqual([]);
  // It was deleted all the same.
  expect([await ask(packages[0]!), await ask(packages[1]!)]).toEqual(['deleted', 'served']);
  await catalog.editChannel(top.id, { frozen: false });
  await publishChannel(catalog, top.id, 'unfrozen');
  await writeMonolith(catalog, top.id);
  await collectTwice();
  expect(await Promise.all(packages.map(isLocal))).toEqual([false, true]);
});

it('what a channel above lists is given as patches below made it, also when nothing below was made with them any more', async () => {
  const patched = { packages: {}, 'packages.conda': { [packages[0]!.fileName]: { license: 'MIT' } } };
  for (const [k, document] of [patched, {}].entries()) {
    const wish = patchWish('linux-64', Buffer.from(JSON.stringify({ patch_instructions_version: 1, ...document })));
    await setPatches(catalog, (await findChannelById(catalog.db, low.id))!, [wish], actor);
    await publishChannel(catalog, low.id, 'patch');
    if (k === 0) await publishChannel(catalog, top.id, 'patch below');
    await catalog.editChannel(top.id, { frozen: true });
  }
  const pin = { channel_id: top.id, name: 'kept', no: 2, created_at: catalog.now(), created_by: 'tester' };
  await catalog.db.insertInto('pin').values(pin).execute();
  await collectTwice();
  expect([await ask(packages[0]!), await ask(packages[0]!, 2)]).toEqual(['served', 'served']);
  await catalog.editChannel(top.id, { frozen: false });
  await publishChannel(catalog, top.id, 'unfrozen');
  expect([await ask(packages[0]!), await ask(packages[0]!, 2)]).toEqual(['served', 'served']);
});

it('a channel above follows one whose older publications are gone', async () => {
  await catalog.editChannel(top.id, { frozen: true });
  await deleteFiles(catalog, low, { name: 'a' }, actor);
  await publishChannel(catalog, low.id, 'deletion');
  await collectTwice();
  await catalog.editChannel(top.id, { frozen: false });
  expect(await publishChannel(catalog, top.id, 'unfrozen')).toMatchObject({ status: 'published', files: 1 });
  expect(await publishChannel(catalog, top.id, 'reindex', { from: 'scratch' })).toEqual({ status: 'unchanged' });
});

it('a channel that is taken from below can be deleted; what it brought is shown no more', async () => {
  await expect(deleteChannel(catalog, low, actor)).rejects.toMatchObject({ code: 'channel_stood_on', found: 'top' });
  await setChannelLayers(catalog, top, { layers: [] }, () => {}, actor);
  await deleteChannel(catalog, low, actor);
  expect(await publishChannel(catalog, top.id, 'edit')).toMatchObject({ status: 'published', files: 0 });
  expect(await ask(packages[0]!)).toBe('absent');
});
