import { createTestDatabase, type TestDatabase } from '@sluice/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { enqueuePublication } from './enqueue.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

async function waiting(): Promise<{ payload: { causes: { text: string }[] }; locked: boolean }[]> {
  const { rows } = await database.pool.query(
    'select payload, locked_at is not null as locked from graphile_worker._private_jobs order by id',
  );
  return rows;
}

test('causes of one waiting publication gather, each once, and not without end; a running one keeps its own', async () => {
  const ask = (text: string, actor: string | null = null) =>
    enqueuePublication(database.db, 1, [{ text, actor }], new Date('2100-01-01'));
  await ask('upload', 'ada');
  await ask('upload', 'ada');
  await ask('upload', 'bob');
  await enqueuePublication(database.db, 1, []);
  const causes = [
    { text: 'upload', actor: 'ada' },
    { text: 'upload', actor: 'bob' },
  ];
  expect(await waiting()).toEqual([{ payload: { channel_id: 1, causes }, locked: false }]);
  for (let i = 0; i < 50; i++) await ask(`cause ${i}`);
  expect((await waiting())[0]!.payload.causes).toHaveLength(20);
  await database.pool.query("update graphile_worker._private_jobs set locked_at = now(), locked_by = 'x'");
  await ask('later');
  expect((await waiting()).map(({ payload }) => payload.causes.length)).toEqual([20, 1]);
});
