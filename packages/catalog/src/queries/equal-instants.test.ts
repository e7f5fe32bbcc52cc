import { createTestCatalog } from '@sluice/testkit';
import { expect, test } from 'vitest';
import { channelLayers } from './layer.ts';
import { findMirrorOf, newestRuns } from './mirror.ts';
import { lastCompletedRun, mirrorRuns } from './run.ts';

// Rows of one instant: whoever asks, and whichever was written first, all must speak of the same one.

const id = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;

test('runs of one instant have one order for all who ask', async () => {
  const catalog = await createTestCatalog();
  const channel = await catalog.addChannel('c');
  const { sourceId } = await catalog.admit({});
  const mirror = await catalog.addMirror(channel, sourceId);
  const at = catalog.now();
  const end = { mirror_id: mirror, cause: 'test', created_at: at, started_at: at, finished_at: at };
  for (const n of [3, 1, 2]) {
    const run = { id: id(n), state: 'completed', step: n, ...end };
    await catalog.db
      .insertInto('run')
      .values(run as never)
      .execute();
    await catalog.db
      .insertInto('run_item')
      .values({
        run_id: id(n),
        subdir: 'noarch',
        file: 'a-1-0.conda',
        from_rev: 1,
        state: n === 1 ? 'failed' : 'done',
      } as never)
      .execute();
  }
  const { rows } = await mirrorRuns(catalog.db, mirror, { limit: 9, offset: 0 });
  expect(rows.map((run) => run.id)).toEqual([id(1), id(2), id(3)]);
  expect((await lastCompletedRun(catalog.db, mirror))?.id).toBe(id(1));
  expect((await newestRuns(catalog.db, [mirror])).get(mirror)?.id).toBe(id(1));
  expect((await channelLayers(catalog.db, channel))[0]?.mirror?.failed_run_id).toBe(id(1));
  await catalog.close();
});

test('mirrors of one position and instant have one order, too', async () => {
  const catalog = await createTestCatalog();
  const channel = await catalog.addChannel('c');
  const { sourceId } = await catalog.admit({});
  const made: string[] = [];
  for (let n = 0; n < 6; n++) made.push(await catalog.addMirror(channel, sourceId));
  await catalog.db.updateTable('mirror').set({ position: 1 }).execute();
  made.sort();
  expect((await channelLayers(catalog.db, channel)).map(({ layer }) => layer)).toEqual(made);
  expect((await findMirrorOf(catalog.db, channel, sourceId))?.id).toBe(made[0]);
  await catalog.close();
});
