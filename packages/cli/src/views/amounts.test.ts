import { expect, test } from 'vitest';
import { bytes, count, instant } from './amounts.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [106_123, '106 kB'],
  [99_949, '99.9 kB'],
  [5_368_709_120, '5.4 GB'],
  [null, '-'],
])('%s bytes', (n, shown) => {
  expect(bytes(n)).toBe(shown);
});

test('instants are in UTC and say so', () => {
  expect([instant('2026-11-21T03:12:45.123Z'), instant(null)]).toEqual(['2026-11-21 03:12Z', '-']);
});

test('one file, two files', () => {
  expect([count(1, 'file'), count(1200, 'file')]).toEqual(['1 file', '1,200 files']);
});
