import { expect, test } from 'vitest';
import { changeSet, digestOfAll } from './change-set.ts';

type Word = readonly [number, number];

function digest(begun: Word[], ended: Word[] = [], part = 'linux-64'): string {
  const set = changeSet(0);
  for (const word of begun) set.begin(word);
  for (const word of ended) set.end(word);
  return Buffer.from(set.digest(part)).toString('hex');
}

test('a change set has one digest in whatever order it came, and another for anything else', () => {
  const words: Word[] = [
    [1, 2],
    [0xffff_ffff, 3],
    [7, 0xffff_ffff],
  ];
  const one = digest(words);
  expect(digest(words.toReversed())).toBe(one);
  const others = [
    digest(words.slice(1)),
    digest(words, [[1, 2]]),
    digest(words.slice(1), words.slice(0, 1)),
    digest(words, [], 'noarch'),
    digest([[2, 1], ...words.slice(1)]),
  ];
  expect(new Set([one, ...others]).size).toBe(6);
});

test('the digest is the one that is written down', () => {
  // sha256 of "noarch\n1\n1\n", 01 00 00 00 02 00 00 00, 03 00 00 00 00 00 00 00
  expect(digest([[1, 2]], [[3, 0]], 'noarch')).toBe('d4cf0b02cbe936ebe014e8e1537b425a13193d41b06fdd285f09ddfef8e23c9d');
});

test('several have one digest, which for one is its own', () => {
  const [one, other] = [changeSet().digest('a'), changeSet().digest('b')];
  expect(digestOfAll([one])).toBe(one);
  expect(digestOfAll([one, other])).not.toEqual(digestOfAll([other, one]));
});

test('that of 700,000 records costs a fraction of a second', () => {
  const set = changeSet(700_000);
  const begun = performance.now();
  for (let i = 0; i < 700_000; i++) set.begin([(i * 2_654_435_761) >>> 0, (i * 40_503) >>> 0]);
  set.digest('linux-64');
  const took = performance.now() - begun;
  console.log(`digest of 700,000 changes: ${took.toFixed(0)} ms`);
  expect(took).toBeLessThan(10_000);
});
