import { expect, test } from 'vitest';
import type { RunContext } from './run-context.ts';
import { prepareForIndex, shownBefore } from './shown-before.ts';

test('a connection that broke while an index was on its way is no answer: who needs it asks again', async () => {
  const lost = Object.assign(new Error('away'), { code: '08006' });
  let isAway = true;
  const pending: Promise<unknown>[] = [];
  const query: unknown = new Proxy(() => query, {
    get: (_, name) => (name === 'then' ? undefined : name === 'executeTakeFirst' ? answer : () => query),
  });
  function answer(): Promise<undefined> {
    const found = isAway ? Promise.reject(lost) : Promise.resolve(undefined);
    pending.push(found);
    return found;
  }
  const context = { deps: { db: query }, mirror: { id: 'm', source_id: 1 } } as unknown as RunContext;
  prepareForIndex(context, 'noarch');
  await Promise.allSettled(pending);
  await new Promise(setImmediate);
  isAway = false;
  expect(await shownBefore(context)).toBeUndefined();
});
