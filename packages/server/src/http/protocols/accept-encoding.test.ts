import { expect, it } from 'vitest';
import { acceptsZstd } from './accept-encoding.ts';

it.each([
  [undefined, false],
  ['', false],
  ['gzip, deflate, br', false],
  ['gzip, deflate, br, zstd', true],
  ['ZSTD', true],
  ['zstd;q=0', false],
  ['zstd; q=0.000, gzip', false],
  ['gzip;q=1.0, zstd;q=0.1', true],
  ['zstd;q=none', false],
  ['*', true],
  ['*;q=0', false],
  ['*, zstd;q=0', false],
  ['*;q=0, zstd', true],
  ['identity', false],
  ['x-zstd', false],
])('%s: %s', (header, wanted) => {
  expect(acceptsZstd(header)).toBe(wanted);
});
