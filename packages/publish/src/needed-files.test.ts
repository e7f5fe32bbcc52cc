import { findChannelById, liveEntries } from '@sluice/catalog';
import { createTestCatalog, type TestCatalog, testRecord } from '@sluice/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findFile } from './find-file.ts';
import { knownNeeded } from './known-needed.ts';
import { ruledLayers } from './layers.ts';
import { publishChannel } from './publish-channel.ts';

// A mirror of platforms without noarch: what comes along is in the index and at the door, also after an edit without a run.

let catalog: TestCatalog;
let channel: number;
let mirror: string;
beforeEach(async () => {
  catalog = await createTestCatalog();
  channel = await catalog.addChannel('c');
  const { sourceId } = await catalog.admit({
    'a-1-0.conda': testRecord('a', '1', { depends: ['lib >=2'] }),
    'b-1-0.conda': testRecord('b', '1', { depends: ['old'] }),
  });
  const noarch = Object.fromEntries(
    [...libs, 'old-1', 'far-1', 'other-1'].map((file) => {
      const [name, version] = file.split('-') as [string, string];
      const depends = file === 'lib-2' ? ['far'] : [];
      return [`${file}-0.conda`, testRecord(name, version, { subdir: 'noarch', depends })];
    }),
  );
  const { revision } = await catalog.admit(noarch, { sourceId, subdir: 'noarch' });
  mirror = await catalog.addMirror(channel, sourceId, { atRev: revision, filters: { subdirs: ['linux-64'] } });
});
afterEach(() => catalog.close());

const libs = ['lib-1', 'lib-2'];

const edit = (filters: object) => catalog.editMirror(mirror, { filters: JSON.stringify(filters) });

async function names(): Promise<string[]> {
  const entries = await liveEntries(catalog.db, channel, 'shard', 'noarch/');
  return entries.map(({ key, files }) => `${key.slice('noarch/'.length)} ${files}`);
}

/** What the door of another process says, which works nothing out. */
async function door(file: string) {
  const row = await findChannelById(catalog.db, channel);
  const layers = await ruledLayers(catalog.db, row!, (layer) => knownNeeded(catalog, layer));
  const answer = await findFile(catalog, { channelId: channel, layers, subdir: 'noarch', file: `${file}-0.conda` });
  return answer.status === 'refused' ? answer.decision.reasons[0] : answer.status;
}

test('what is needed is shown and served; the rest is refused with the reason', async () => {
  expect(await publishChannel(catalog, channel, 'test')).toMatchObject({ status: 'published', files: 5 });
  expect(await names()).toEqual(['far 1', 'lib 1', 'old 1']);
  for (const file of ['lib-2', 'old-1', 'far-1']) expect(await door(file)).toBe('served');
  for (const file of ['lib-1', 'other-1']) {
    expect(await door(file)).toMatchObject({
      code: 'platform',
      rule: 'subdirs: linux-64',
      evidence: 'it is noarch, and nothing that the mirror keeps of its platforms depends on it',
    });
  }
});

test('an edit holds with the next publication, without a run', async () => {
  await publishChannel(catalog, channel, 'first');
  await edit({ subdirs: ['linux-64'], exclude_specs: ['b'] });
  expect(await door('old-1')).toBe('served');
  expect(await door('other-1')).toBe('pending');
  expect(await publishChannel(catalog, channel, 'second')).toMatchObject({ added: 0, removed: 2 });
  expect(await names()).toEqual(['far 1', 'lib 1']);
  expect(await door('old-1')).toMatchObject({ code: 'platform' });
  await edit({ subdirs: ['linux-64', 'noarch'] });
  await publishChannel(catalog, channel, 'third');
  expect(await names()).toEqual(['far 1', 'lib 2', 'old 1', 'other 1']);
});

test('the other rules hold at once, whatever is known', async () => {
  await publishChannel(catalog, channel, 'first');
  await edit({ subdirs: ['linux-64'], exclude_specs: ['lib'] });
  expect(await door('lib-2')).toMatchObject({ code: 'exclude_specs' });
});

test('a frozen channel goes on serving what it lists', async () => {
  await publishChannel(catalog, channel, 'first');
  await catalog.editChannel(channel, { frozen: true });
  await edit({ subdirs: ['linux-64'], exclude_specs: ['b'] });
  expect(await publishChannel(catalog, channel, 'frozen')).toEqual({ status: 'frozen' });
  expect(await door('old-1')).toBe('served');
  expect(await door('lib-1')).toBe('pending');
});

test('of a mirror that includes dependencies only the names are looked at of which other files come along', async () => {
  await edit({ subdirs: ['linux-64', 'noarch'], only_specs: ['a'], include_dependencies: true });
  expect(await publishChannel(catalog, channel, 'first')).toMatchObject({ files: 3, added: 3 });
  expect(await names()).toEqual(['far 1', 'lib 1']);
  expect(await door('old-1')).toMatchObject({ code: 'only_specs' });
  const { source_id: sourceId } = await catalog.db.selectFrom('mirror').select('source_id').executeTakeFirstOrThrow();
  const linux = {
    'a-1-0.conda': testRecord('a', '1', { depends: ['lib >=2', 'old'] }),
    'b-1-0.conda': testRecord('b', '1', { depends: ['old'] }),
  };
  const { revision } = await catalog.admit(linux, { sourceId });
  await catalog.editMirror(mirror, { at_rev: revision });
  const second = await publishChannel(catalog, channel, 'second');
  expect(second).toMatchObject({ added: 2, removed: 1, shards_written: 2, indexes_written: 2 });
  expect(await names()).toEqual(['far 1', 'lib 1', 'old 1']);
  expect(await door('old-1')).toBe('served');
  expect(await publishChannel(catalog, channel, 'reindex', { from: 'scratch' })).toEqual({ status: 'unchanged' });
});
