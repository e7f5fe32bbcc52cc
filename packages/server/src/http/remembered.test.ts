import { expect, test } from 'vitest';
import { remembered } from './remembered.ts';

const clock = { ms: 0 };
const now = () => new Date(clock.ms);

test('asks once for those who ask together, and again after 10 s', async () => {
  let asked = 0;
  const memory = remembered(async (key: string) => `${key}${++asked}`, { now });
  expect(await Promise.all([memory.get('a'), memory.get('a'), memory.get('b')])).toEqual(['a1', 'a1', 'b2']);
  clock.ms += 9_999;
  expect(await memory.get('a')).toBe('a1');
  clock.ms += 1;
  expect(await memory.get('a')).toBe('a3');
});

test('tells questions about several things apart by all of them', async () => {
  let asked = 0;
  const memory = remembered(async ([id, no]: [id: number, no: string | undefined]) => `${id} ${no} (${++asked})`, {
    now,
  });
  expect(await memory.get([1, '2'])).toBe('1 2 (1)');
  expect(await memory.get([12, ''])).toBe('12  (2)');
  expect(await memory.get([1, undefined])).toBe('1 undefined (3)');
  expect(await memory.get([1, '2'])).toBe('1 2 (1)');
});

test('a clock that is put back makes no answer live longer', async () => {
  let asked = 0;
  const memory = remembered(async (key: string) => `${key}${++asked}`, { now });
  await memory.get('a');
  clock.ms -= 3_600_000;
  expect(await memory.get('a')).toBe('a2');
});

test('a load that began before a change does not bring the old answer back', async () => {
  const loads: PromiseWithResolvers<string>[] = [];
  const memory = remembered(
    (_: string) => {
      loads.push(Promise.withResolvers());
      return loads.at(-1)!.promise;
    },
    { now },
  );
  const before = memory.get('a');
  memory.forget();
  const after = memory.get('a');
  loads[1]!.resolve('deny');
  loads[0]!.resolve('allow');
  expect([await before, await after, await memory.get('a')]).toEqual(['allow', 'deny', 'deny']);
});

test('a failure is not remembered, nor does a late one drop what came since', async () => {
  const loads: PromiseWithResolvers<string>[] = [];
  const memory = remembered(
    (_: string) => {
      loads.push(Promise.withResolvers());
      return loads.at(-1)!.promise;
    },
    { now },
  );
  const first = memory.get('a');
  clock.ms += 30_000;
  const second = memory.get('a');
  loads[1]!.resolve('good');
  loads[0]!.reject(new Error('slow and bad'));
  await expect(first).rejects.toThrow('slow and bad');
  await second;
  await memory.get('a');
  expect(loads.length).toBe(2);
});

test('memory is bounded, the oldest goes first', async () => {
  let asked = 0;
  const memory = remembered(async (_: number) => ++asked, { now, entries: 2 });
  for (const key of [1, 2, 3, 2, 1]) await memory.get(key);
  expect(asked).toBe(4);
});
