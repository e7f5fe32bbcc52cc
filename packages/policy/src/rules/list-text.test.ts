import { expect, it } from 'vitest';
import { listText } from './list-text.ts';

it.each([
  [0, ''],
  [1, 's0'],
  [5, 's0, s1, s2, s3, s4'],
  [6, 's0, s1, s2, s3, s4 and 1 more'],
  [1000, 's0, s1, s2, s3, s4 and 995 more'],
])('names at most five of %i', (count, text) => {
  expect(listText(Array.from({ length: count }, (_, i) => `s${i}`))).toBe(text);
});
