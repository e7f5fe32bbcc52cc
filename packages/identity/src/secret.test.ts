import { expect, test } from 'vitest';
import { newTokenSecret, randomText, secretDigest } from './secret.ts';

test('a token holds only what conda lets a token hold, and at least 160 bits', () => {
  const tokens = Array.from({ length: 200 }, newTokenSecret);
  for (const token of tokens) expect(token).toMatch(/^slc-[A-Za-z0-9]{32}$/);
  expect(32 * Math.log2(62)).toBeGreaterThan(160);
  expect(new Set(tokens).size).toBe(200);
});

test('every letter is about as likely as every other', () => {
  const counts = new Map<string, number>();
  for (const letter of randomText(62_000)) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  expect(counts.size).toBe(62);
  // 1000 of each expected, standard deviation 32; a bias of modulo 256 would show 1200.
  expect(Math.max(...counts.values())).toBeLessThan(1180);
});

test('the digest is SHA-256', () => {
  expect(Buffer.from(secretDigest('abc')).toString('hex')).toMatch(/^ba7816bf/);
});
