import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createSemaphore } from './semaphore.ts';

test('no more than its places run, all run, in order, also after a failure', async () => {
  const limited = createSemaphore(2);
  let running = 0;
  let most = 0;
  const finished: number[] = [];
  const results = await Promise.allSettled(
    [1, 2, 3, 4, 5].map((n) =>
      limited(async () => {
        most = Math.max(most, ++running);
        await sleep(2);
        running -= 1;
        if (n === 2) throw new Error('no');
        finished.push(n);
      }),
    ),
  );
  expect(most).toBe(2);
  expect(finished).toEqual([1, 3, 4, 5]);
  expect(results.map((r) => r.status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
});
