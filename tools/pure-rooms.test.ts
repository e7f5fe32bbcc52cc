import { expect, test } from 'vitest';
import { findImpurities } from './pure-rooms.ts';

const found = (text: string) => findImpurities('a.ts', text).map((impurity) => impurity.found);

test.each([
  ['const t = Date.now();', 'Date.now'],
  ['const t = new Date();', 'new Date()'],
  ['const t = new Date( );', 'new Date( )'],
  ['const n = Math.random();', 'Math.random'],
  ['const id = crypto.randomUUID();', 'crypto.randomUUID'],
  ['if (process.env.X) {}', 'process.'],
  ["import fs from 'node:fs';", "'node:"],
  ['await fetch(url);', 'fetch('],
])('%s', (text, impurity) => {
  expect(found(text)).toEqual([impurity]);
});

test.each([
  'const t = new Date(millis);',
  '// Date.now() is not used here',
  '/** Never calls Date.now(). */',
  '/*\n * process.env\n */',
  'const prefetched = prefetch(x);',
  "const url = 'https://example.org/x';",
])('%s is fine', (text) => {
  expect(found(text)).toEqual([]);
});

test('it says where', () => {
  const [impurity] = findImpurities('a.ts', '/*\n\n*/\nconst t = Date.now();');
  expect(impurity?.place).toBe('a.ts:4');
});

test('a URL does not hide what follows it', () => {
  expect(found("const u = 'https://x'; const t = Date.now();")).toEqual(['Date.now']);
});
