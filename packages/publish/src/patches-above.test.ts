import { findChannelById, liveEntries } from '@sluice/catalog';
import type { JsonObject } from '@sluice/formats/conda';
import { patchWish, setChannelLayers, setPatches } from '@sluice/registry';
import { createTestCatalog, type TestCatalog, testRecord } from '@sluice/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findFile } from './find-file.ts';
import { ruledLayers } from './layers.ts';
import { lostRecords } from './lost-records.ts';
import { writeMonolith } from './monolith/write-monolith.ts';
import { publishChannel } from './publish-channel.ts';
import { readShard } from './read-shard.ts';

// What a channel's own patches do to records of the channels below it.

let catalog: TestCatalog;
let low: number;
let top: number;
const actor = { id: 'x', name: 'ada' };
beforeEach(async () => {
  catalog = await createTestCatalog();
  [low, top] = [await catalog.addChannel('low'), await catalog.addChannel('top')];
  const records = {
    'a-1-0.conda': testRecord('a', '1'),
    'a-2-0.conda': testRecord('a', '2'),
    'a-3-0.conda': testRecord('a', '3'),
    'b-1-0.conda': testRecord('b', '1'),
  };
  const { sourceId } = await catalog.admit(records);
  await catalog.addMirror(low, sourceId, { filters: { exclude_specs: ['a=3'] } });
  await patch(low, { 'packages.conda': { 'a-1-0.conda': { license: 'MIT' } } });
  await publishChannel(catalog, low, 'run');
  const lower = (await findChannelById(catalog.db, low))!;
  await setChannelLayers(catalog, (await findChannelById(catalog.db, top))!, { layers: [lower] }, () => {}, actor);
});
afterEach(() => catalog.close());

async function patch(id: number, document: object) {
  const wish = patchWish('linux-64', Buffer.from(JSON.stringify(document)));
  await setPatches(catalog, (await findChannelById(catalog.db, id))!, [wish], actor);
}

/** What the shards of the upper channel list: file → record. */
async function shown(): Promise<Record<string, JsonObject>> {
  const records: Record<string, JsonObject> = {};
  for (const { key, blob } of await liveEntries(catalog.db, top, 'shard', '')) {
    const rows = catalog.db.selectFrom('blob').selectAll().where('sha256', '=', Buffer.from(blob));
    for (const { file, record } of await readShard(catalog.storage, { ...(await rows.executeTakeFirstOrThrow()), key }))
      records[file] = record as JsonObject;
  }
  return records;
}

describe.each([
  ['read one by one', {}],
  ['read as columns', { fewNames: 0, spliceFrom: 1 }],
])('names %s', (_, limits) => {
  const publish = () => publishChannel({ ...catalog, ...limits }, top, 'deed');

  it('are shown as the patches above leave them, and only those that are shown below', async () => {
    const fix = { license: 'BSD-3-Clause', depends: ['b'] };
    await patch(top, { 'packages.conda': { 'a-1-0.conda': fix, 'a-3-0.conda': fix } });
    await publish();
    expect(await shown()).toMatchObject({ 'a-1-0.conda': fix, 'a-2-0.conda': { depends: [] }, 'b-1-0.conda': {} });
    expect(Object.keys(await shown()).sort()).toEqual(['a-1-0.conda', 'a-2-0.conda', 'b-1-0.conda']);
    await writeMonolith(catalog, top);
    expect([...(await lostRecords(catalog, { channelId: top, no: 1, subdir: 'linux-64' }))]).toEqual([]);
    const layers = await ruledLayers(catalog.db, (await findChannelById(catalog.db, top))!, catalog.neededFiles);
    const door = await findFile(catalog, { channelId: top, layers, subdir: 'linux-64', file: 'a-1-0.conda' });
    expect(door).toMatchObject({ status: 'served' });
  });

  it('change with the patches above, and are as they are below without any', async () => {
    await publish();
    const before = await shown();
    await patch(top, { revoke: ['a-2-0.conda'], remove: ['b-1-0.conda'] });
    await publish();
    expect(await shown()).toMatchObject({ 'a-1-0.conda': { license: 'MIT' }, 'a-2-0.conda': { revoked: true } });
    expect(Object.keys(await shown()).sort()).toEqual(['a-1-0.conda', 'a-2-0.conda']);
    await patch(low, { 'packages.conda': { 'a-2-0.conda': { license: 'Zlib' } } });
    await publishChannel(catalog, low, 'deed');
    await publish();
    expect(await shown()).toMatchObject({ 'a-2-0.conda': { license: 'Zlib', revoked: true } });
    await patch(low, { 'packages.conda': { 'a-1-0.conda': { license: 'MIT' } } });
    await publishChannel(catalog, low, 'deed');
    await patch(top, {});
    await publish();
    expect(await shown()).toEqual(before);
  });
});
