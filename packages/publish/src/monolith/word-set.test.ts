import { expect, test } from 'vitest';
import { wordSet } from './word-set.ts';

test.each([0, 1, 1000])('holds 1000 words, each taken once, where %i were promised', (promised) => {
  const set = wordSet(promised);
  const signature = new Uint8Array(Uint32Array.from({ length: 2000 }, (_, i) => i * 2654435761).buffer);
  set.add(signature.subarray(0, 4000));
  set.add(signature);
  const halves = new Uint32Array(signature.buffer);
  for (let i = 0; i < 2000; i += 2) {
    expect([set.has(halves[i]!, halves[i + 1]!), set.take(halves[i]!, halves[i + 1]!)]).toEqual([true, true]);
    expect(set.take(halves[i]!, halves[i + 1]!)).toBe(false);
  }
  expect(set.take(7, 7)).toBe(false);
});
