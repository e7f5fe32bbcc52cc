import { findChannelById } from '@sluice/catalog';
import { pythonPart } from '@sluice/formats/package';
import { patchWish, setPatches } from '@sluice/registry';
import { buildWheel, createTestCatalog, type TestCatalog, testRecord } from '@sluice/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lostRecords } from './lost-records.ts';
import { publishChannel } from './publish-channel.ts';

let catalog: TestCatalog;
let lower: number;
let channel: number;
beforeEach(async () => {
  catalog = await createTestCatalog();
  lower = await catalog.addChannel('lower');
  channel = await catalog.addChannel('c');
  const records = {
    'a-1-0.conda': testRecord('a', '1'),
    'a-2-0.conda': testRecord('a', '2'),
    'b-1-0.tar.bz2': testRecord('b', '1'),
    'w-1-0.conda': testRecord('w', '1', { depends: ['a[when="b"]'] }),
  };
  const { sourceId } = await catalog.admit(records);
  await catalog.addMirror(lower, sourceId);
  await patch(lower, { packages: { 'b-1-0.tar.bz2': { license: 'MIT' } }, remove: ['a-2-0.conda'] });
  await publishChannel(catalog, lower, 'run');
  await catalog.db
    .insertInto('channel_layer')
    .values({ channel_id: channel, below_id: lower, position: 0, created_at: catalog.now(), created_by: 'ada' })
    .execute();
  await patch(channel, { 'packages.conda': { 'a-1-0.conda': { license: 'BSD' } } });
  await publishChannel(catalog, channel, 'run');
});
afterEach(() => catalog.close());

async function patch(id: number, document: object) {
  const row = (await findChannelById(catalog.db, id))!;
  await setPatches(catalog, row, [patchWish('linux-64', Buffer.from(JSON.stringify(document)))], {
    id: 'x',
    name: 'ada',
  });
}

const lost = async (id: number) => {
  const { head_no: no } = (await findChannelById(catalog.db, id))!;
  return [...(await lostRecords(catalog, { channelId: id, subdir: 'linux-64', no }))];
};

it('finds all records of a publication where its layers have them, as patches of all channels leave them', async () => {
  expect([await lost(lower), await lost(channel)]).toEqual([[], []]);
});

it('tells of the names whose records are other ones now, or gone', async () => {
  await catalog.db.deleteFrom('record').where('file', '=', 'w-1-0.conda').execute();
  expect([await lost(lower), await lost(channel)]).toEqual([[['w', 1]], [['w', 1]]]);
  await catalog.pool.query(`update record set body = convert_to('{"name":"a"}', 'UTF8') where file like 'a-%'`);
  expect([await lost(lower), await lost(channel)]).toEqual([
    [
      ['a', 1],
      ['w', 1],
    ],
    [
      ['a', 1],
      ['w', 1],
    ],
  ]);
});

it('does so for packages of other types', async () => {
  await catalog.pool.query("update channel set types = '{conda,python}'");
  await catalog.upload(channel, 'c', await buildWheel({ name: 'wheely', version: '1' }));
  await publishChannel(catalog, channel, 'upload');
  const { no, subdir } = { no: 2, subdir: pythonPart };
  const lostWheels = async () => [...(await lostRecords(catalog, { channelId: channel, no, subdir }))];
  expect(await lostWheels()).toEqual([]);
  await catalog.db.deleteFrom('record').where('file', 'like', 'wheely/%').execute();
  expect(await lostWheels()).toEqual([['wheely', 1]]);
});

it('says nothing of a publication that is not kept', async () => {
  expect([...(await lostRecords(catalog, { channelId: channel, subdir: 'linux-64', no: 9 }))]).toEqual([]);
});
