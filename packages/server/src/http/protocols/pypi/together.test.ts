import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { together } from './together.ts';

test('those who come while it is being done are served together, by work that began after they came', async () => {
  const begun: string[] = [];
  const ask = together<string>(async (key, items) => {
    begun.push(`${key} ${items.join('+')}`);
    await pause(20);
  });
  const first = ask(1, 'a');
  const others = [ask(1, 'b'), ask(2, 'x'), ask(1, 'c')];
  await first;
  expect(begun).toEqual(['1 a', '2 x']);
  await pause(5);
  const last = ask(1, 'd');
  await Promise.all([...others, last]);
  expect(begun).toEqual(['1 a', '2 x', '1 b+c', '1 d']);
  await ask(1, 'e');
  expect(begun.at(-1)).toBe('1 e');
});

test('a failure reaches those it was done for, and nobody else', async () => {
  const ask = together<string>(async (_, items) => {
    await pause(5);
    if (items.includes('bad')) throw new Error('bad');
  });
  const asks = [ask(1, 'bad'), ask(1, 'good')];
  expect((await Promise.allSettled(asks)).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
});
