import {
  findChannel,
  findChannelById,
  insertRun,
  insertRunItems,
  listMirrors,
  removeDeletedChannel,
} from '@sluice/catalog';
import { buildCondaPackage, createTestCatalog, type TestCatalog, testRecord } from '@sluice/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createChannel } from './create-channel.ts';
import { deleteChannel } from './delete-channel.ts';
import { deleteFiles } from './delete-files.ts';
import { editChannel } from './edit-channel.ts';
import { createNotice } from './notice.ts';

const ada = { id: crypto.randomUUID(), name: 'ada' };
let catalog: TestCatalog;
let name: string;
let count = 0;
beforeAll(async () => {
  catalog = await createTestCatalog();
  const account = { ...ada, password_hash: null, created_at: new Date(), last_login_at: null, disabled_at: null };
  await catalog.db.insertInto('account').values(account).execute();
});
afterAll(() => catalog.close());
beforeEach(() => {
  name = `channel-${count}`;
  count += 1;
});

async function upload(channel: { id: number; path: string }, pack = 'demo') {
  const { fileName, bytes } = await buildCondaPackage({ name: pack });
  await catalog.upload(channel.id, channel.path, { fileName, bytes });
  return fileName;
}

/** How many rows of a table belong to a channel, or to the source of its uploads. */
async function rows(
  table: 'entry' | 'mirror' | 'notice' | 'source' | 'publication',
  channelId: number,
): Promise<number> {
  const found = await catalog.db.selectFrom(table).select('channel_id').where('channel_id', '=', channelId).execute();
  return found.length;
}

describe('at the same time', () => {
  test('of two who create one name, one does', async () => {
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => createChannel(catalog, { name }, ada)));
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'channel_exists' });
    }
  });

  test('edits follow each other: none is lost', async () => {
    const channel = await createChannel(catalog, { name }, ada);
    await Promise.all([
      editChannel(catalog, channel, { description: 'new' }, ada),
      editChannel(catalog, channel, { privacy: 'public' }, ada),
      editChannel(catalog, channel, { frozen: true }, ada),
    ]);
    expect(await findChannelById(catalog.db, channel.id)).toMatchObject({
      description: 'new',
      privacy: 'public',
      frozen: true,
    });
  });
});

describe('in a channel that was just deleted', () => {
  test.each<[string, (channel: { id: number; path: string; parent_id: null }) => Promise<unknown>]>([
    ['editing', (channel) => editChannel(catalog, channel, { description: 'x' }, ada)],
    ['deleting', (channel) => deleteChannel(catalog, channel, ada)],
    ['a subchannel', (parent) => createChannel(catalog, { name: 'sub', parent }, ada)],
    ['an upload', (channel) => upload(channel)],
    [
      'a notice',
      (channel) =>
        createNotice(catalog, channel, { message: 'x', level: 'info', published: true, expires_at: null }, ada),
    ],
  ])('%s is refused', async (_, deed) => {
    const { id, path } = await createChannel(catalog, { name }, ada);
    const channel = { id, path, parent_id: null };
    await deleteChannel(catalog, channel, ada);
    await expect(deed(channel)).rejects.toMatchObject({ code: 'channel_missing' });
    while (await removeDeletedChannel(catalog.db, id, 100));
    await expect(deed(channel)).rejects.toMatchObject({ code: 'channel_missing' });
  });
});

describe('removing what a deleted channel kept', () => {
  test('takes portions and ends with nothing of it, its subchannels included; others keep theirs', async () => {
    const channel = await createChannel(catalog, { name }, ada);
    const sub = await createChannel(catalog, { name: 'sub', parent: channel }, ada);
    const other = await createChannel(catalog, { name: `${name}-other` }, ada);
    const { sourceId } = await catalog.admit({ 'a-1-0.conda': testRecord('a', '1') });
    for (const one of [channel, sub, other]) {
      for (const pack of ['p', 'q', 'r']) await upload(one, pack);
      const mirror_id = await catalog.addMirror(one.id, sourceId);
      const run = await insertRun(
        catalog.db,
        { id: crypto.randomUUID(), mirror_id, cause: 'test', actor: null },
        new Date(),
      );
      const items = ['a', 'b', 'c'].map((file) => ({
        subdir: 'noarch',
        file,
        from_rev: 1,
        sha256: null,
        md5: null,
        size: null,
      }));
      await insertRunItems(catalog.db, run!.id, items);
    }

    await deleteChannel(catalog, channel, ada);
    const stopped = await catalog.db
      .selectFrom('run')
      .innerJoin('mirror', 'mirror.id', 'run.mirror_id')
      .select(['mirror.channel_id', 'run.stop_requested'])
      .where('mirror.source_id', '=', sourceId)
      .orderBy('mirror.channel_id')
      .execute();
    expect(stopped.map(({ stop_requested }) => stop_requested)).toEqual([true, true, false]);

    const listed = await listMirrors(catalog.db, { sort: 'channel', limit: 100, offset: 0 });
    const here = listed.rows.filter((mirror) => mirror.source_id === sourceId).map((mirror) => mirror.channel_path);
    expect([here, listed.total_count]).toEqual([[other.path], listed.rows.length]);

    let calls = 1;
    while (await removeDeletedChannel(catalog.db, channel.id, 2)) calls += 1;
    expect(calls).toBeGreaterThan(3);
    for (const { id } of [channel, sub]) {
      for (const table of ['mirror', 'source'] as const) expect(await rows(table, id)).toBe(0);
    }
    // Nothing in the database would take the records along.
    const sources = catalog.db.selectFrom('source').select('id');
    expect(
      await catalog.db.selectFrom('record').select('file').where('source_id', 'not in', sources).execute(),
    ).toEqual([]);
    expect(await rows('mirror', other.id)).toBe(1);
    expect(await rows('source', other.id)).toBe(1);
    expect(await catalog.db.selectFrom('run_item').select('file').execute()).toHaveLength(3);
    expect(await catalog.db.selectFrom('source').select('id').where('id', '=', sourceId).execute()).toHaveLength(1);
    expect(await findChannel(catalog.db, other.path)).toBeDefined();
    expect(await removeDeletedChannel(catalog.db, channel.id, 2)).toBe(false);
  });

  test('leaves alone a channel that nobody deleted', async () => {
    const channel = await createChannel(catalog, { name }, ada);
    await upload(channel);
    expect(await removeDeletedChannel(catalog.db, channel.id, 100)).toBe(false);
    expect(await rows('source', channel.id)).toBe(1);
  });
});

describe('deleting files', () => {
  const remove = (channel: { id: number; path: string }, pack: string, file?: string) =>
    deleteFiles(
      catalog,
      channel,
      { name: pack, ...(file === undefined ? {} : { one: { subdir: 'linux-64', file } }) },
      ada,
    );

  test('that a mirror brought is refused, with what to do instead', async () => {
    const channel = await createChannel(catalog, { name }, ada);
    const { sourceId, revision } = await catalog.admit({ 'a-1-0.conda': testRecord('a', '1') });
    await catalog.addMirror(channel.id, sourceId, { atRev: revision });
    const refused = remove(channel, 'a', 'a-1-0.conda');
    await expect(refused).rejects.toMatchObject({ code: 'file_mirrored' });
    await expect(refused).rejects.toThrow('exclude_specs');
    await expect(remove(channel, 'a', 'a-2-0.conda')).rejects.toMatchObject({ code: 'file_missing' });
  });

  test('takes those that were uploaded, also where a mirror has others of the name', async () => {
    const channel = await createChannel(catalog, { name }, ada);
    const { sourceId, revision } = await catalog.admit({ 'a-1-0.conda': testRecord('a', '1') });
    await catalog.addMirror(channel.id, sourceId, { atRev: revision });
    await upload(channel, 'a');
    expect(await remove(channel, 'a')).toEqual(['noarch/a-1.0-0.conda']);
  });
});
