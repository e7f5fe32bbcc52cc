import { findChannelById, setJudged, setNamePriority } from '@sluice/catalog';
import { createTestCatalog, type TestCatalog, testRecord } from '@sluice/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { outdatedChannels } from './judged.ts';
import { publishChannel } from './publish-channel.ts';

let catalog: TestCatalog;
beforeEach(async () => {
  catalog = await createTestCatalog();
});
afterEach(() => catalog.close());

/** A channel that stands as before there were tiers, of two mirrors of which each has a version of one name. */
async function channelOfBefore(): Promise<number> {
  const channel = await catalog.addChannel('c');
  await setNamePriority(catalog.db, channel, 'merge');
  for (const version of ['1', '2']) {
    const { sourceId } = await catalog.admit({ [`a-${version}-0.conda`]: testRecord('a', version) });
    await catalog.addMirror(channel, sourceId);
  }
  await publishChannel(catalog, channel, 'before');
  const { name_priority: _, ...judged } = JSON.parse((await findChannelById(catalog.db, channel))!.judged!);
  await setJudged(catalog.db, channel, JSON.stringify(judged));
  return channel;
}

test('a channel of before there were tiers shows what it showed, and nothing is made anew', async () => {
  const channel = await channelOfBefore();
  expect(await outdatedChannels(catalog.db)).toEqual([]);
  const made: number[] = [];
  const deps = { ...catalog, onRegenerated: (_: unknown, count: number) => void made.push(count) };
  expect(await publishChannel(deps, channel, 'after')).toEqual({ status: 'unchanged' });
  expect(made).toEqual([0, 0]);
});

test('and hides by name from when it is told to', async () => {
  const channel = await channelOfBefore();
  const upload = await catalog.addChannel('below');
  const { sourceId } = await catalog.admit({
    'a-3-0.conda': testRecord('a', '3'),
    'b-1-0.conda': testRecord('b', '1'),
  });
  await catalog.addMirror(upload, sourceId);
  await publishChannel(catalog, upload, 'below');
  await catalog.db
    .insertInto('channel_layer')
    .values({ channel_id: channel, below_id: upload, position: 0, created_at: catalog.now(), created_by: 'tester' })
    .execute();
  expect(await publishChannel(catalog, channel, 'merged')).toMatchObject({ status: 'published', files: 4 });
  await setNamePriority(catalog.db, channel, 'strict');
  expect(await publishChannel(catalog, channel, 'strict')).toMatchObject({ status: 'published', files: 3, removed: 1 });
});
