import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { together } from './together.ts';

test('both are waited for, also when one fails', async () => {
  expect(await together(Promise.resolve(1), undefined)).toEqual([1, undefined]);
  let isOver = false;
  const slow = sleep(30).then(() => {
    isOver = true;
  });
  await expect(together(Promise.reject(new Error('first')), slow)).rejects.toThrow('first');
  expect(isOver).toBe(true);
  await expect(together(slow, Promise.reject(new Error('second')))).rejects.toThrow('second');
});
