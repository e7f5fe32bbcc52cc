import { expect, test } from 'vitest';
import { onceAWhile } from './once-a-while.ts';

let ms = 0;
let done = 0;
const work = async () => ++done;

test('pages asked for one after the other are of one piece of work, for a minute', async () => {
  const once = onceAWhile<number>(() => new Date(ms));
  expect(await Promise.all([once('a', work), once('a', work)])).toEqual([1, 1]);
  ms += 59_000;
  expect(await once('a', work)).toBe(1);
  expect(await once('b', work)).toBe(2);
  ms += 1_000;
  expect(await once('a', work)).toBe(3);
  expect(await once('b', work)).toBe(2);
});

test('few answers are kept, and no failure', async () => {
  const once = onceAWhile<number>(() => new Date(ms));
  done = 0;
  for (const key of ['a', 'b', 'c', 'b', 'a']) await once(key, work);
  expect(done).toBe(4);
  await expect(once('d', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await once('d', work)).toBe(5);
});
