import { setTimeout as pause } from 'node:timers/promises';
import { lockChannel } from '@sluice/catalog';
import { createTestCatalog, type TestCatalog } from '@sluice/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { setChannelLayers } from './set-layers.ts';

let catalog: TestCatalog;
beforeAll(async () => {
  catalog = await createTestCatalog();
});
afterAll(() => catalog.close());

test('waits for a publication of the channel below that is just coming out, and would not have this one follow', async () => {
  const [upper, below] = [await catalog.addChannel('upper'), await catalog.addChannel('below')];
  let isSet = false;
  const setting = await catalog.db.transaction().execute(async (trx) => {
    await lockChannel(trx, below, 'change');
    const wish = { layers: [{ id: below, path: 'below' }] };
    const work = setChannelLayers(catalog, { id: upper, path: 'upper' }, wish, () => {}, { id: 'x', name: 'tester' });
    void work.then(() => (isSet = true));
    await pause(200);
    expect(isSet).toBe(false);
    return { work };
  });
  await setting.work;
  expect(isSet).toBe(true);
});
