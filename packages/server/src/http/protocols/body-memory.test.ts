import { expect, it } from 'vitest';
import { createBodyMemory } from './body-memory.ts';

const body = (length: number) => async () => Buffer.alloc(length, 1);

it('reads once for all who ask together, and not again', async () => {
  const memory = createBodyMemory(100);
  let reads = 0;
  const read = async () => {
    reads += 1;
    return Buffer.from('bytes');
  };
  const [one, two] = await Promise.all([memory.load('a', read), memory.load('a', read)]);
  expect(one).toBe(two);
  expect((await memory.load('a', read)).bytes?.toString()).toBe('bytes');
  expect(reads).toBe(1);
});

it('does not remember a reading that failed', async () => {
  const memory = createBodyMemory(100);
  await expect(memory.load('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  expect((await memory.load('a', body(1))).bytes).toHaveLength(1);
});

it('never holds more than its limit, and lets go of what nobody used', async () => {
  const memory = createBodyMemory(100);
  const held = [];
  for (let i = 0; i < 50; i++) {
    held.push(await memory.load(`${i}`, body(10)));
    held[0]!.used = true;
    const sum = held.reduce((bytes, one) => bytes + (one.bytes?.byteLength ?? 0), 0);
    expect(sum).toBeLessThanOrEqual(100);
  }
  expect(held[0]!.bytes).toHaveLength(10);
  expect(held[1]!.bytes).toBeUndefined();
  expect(held[49]!.bytes).toHaveLength(10);
});

it('hands out a body larger than itself without keeping it', async () => {
  const memory = createBodyMemory(100);
  expect((await memory.load('big', body(101))).bytes).toHaveLength(101);
  let reads = 0;
  await memory.load('big', async () => {
    reads += 1;
    return Buffer.alloc(1);
  });
  expect(reads).toBe(1);
});
