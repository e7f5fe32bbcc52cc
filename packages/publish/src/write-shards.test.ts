import { createTestCatalog, type TestCatalog, testRecord } from '@sluice/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { publishedLayers } from './layers.ts';
import { makeShards } from './make-shards.ts';
import { shownNames } from './select.ts';
import { loadSelection, type ShardLayer, shardLayer } from './selection.ts';

let catalog: TestCatalog;
beforeEach(async () => {
  catalog = await createTestCatalog();
});
afterEach(() => catalog.close());

test('a shard that cannot be written fails alone: what is being packed beside it takes nothing else along', async () => {
  const { sourceId } = await catalog.admit({
    'a-1-0.conda': testRecord('a', '1'),
    'b-1-0.conda': testRecord('b', '1'),
  });
  const channelId = await catalog.addChannel('c');
  await catalog.addMirror(channelId, sourceId);
  const channel = await catalog.db
    .selectFrom('channel')
    .selectAll()
    .where('id', '=', channelId)
    .executeTakeFirstOrThrow();
  const layers = await publishedLayers(catalog.db, channel, async () => ({ has: () => true }));
  const scope = { subdir: 'linux-64', touched: new Set(['a', 'b']), patch: undefined, from: 'columns' as const };
  const loaded = await loadSelection(catalog, layers, scope, () => new Set());
  const names = [...shownNames(loaded)];
  // A record that went away between judging and writing.
  const without = loaded
    .map(shardLayer)
    .map((layer): ShardLayer => ({ ...layer, texts: new Map([...layer.texts!].slice(0, 1)) }));
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  try {
    await expect(
      makeShards(catalog, { subdir: 'linux-64', layers: without, splices: [], whole: names }).next(),
    ).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 100));
  } finally {
    process.off('unhandledRejection', note);
  }
  expect(unhandled).toEqual([]);
});
