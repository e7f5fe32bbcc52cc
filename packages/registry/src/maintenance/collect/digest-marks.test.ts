import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createDigestMarks } from './digest-marks.ts';

const digestOf = (n: number) => createHash('sha256').update(String(n)).digest();

function marksOf(numbers: readonly number[], bits?: Uint8Array) {
  const digests = numbers.map(digestOf).sort(Buffer.compare);
  const marks = createDigestMarks(digests.length, bits);
  for (const digest of digests) marks.add(digest);
  return marks;
}

it('knows what was marked and what was not, also when it is made again from the bits', () => {
  const numbers = fc.uniqueArray(fc.nat(2000), { maxLength: 300 });
  fc.assert(
    fc.property(
      numbers,
      fc.array(fc.nat(2000), { maxLength: 300 }),
      fc.integer({ min: 1, max: 50 }),
      (all, asked, page) => {
        const marks = marksOf(all);
        const wanted = new Set(asked.filter((n) => all.includes(n)));
        const first = new Set<number>();
        for (const n of asked) {
          expect(marks.mark(digestOf(n))).toBe(wanted.has(n) && !first.has(n));
          first.add(n);
        }
        const again = marksOf(all, marks.bits);
        for (const one of [marks, again]) {
          const left: string[] = [];
          for (let at = 0; at < one.count; ) {
            const { digests, next } = one.unmarked(at, page);
            left.push(...digests.map((digest) => digest.toString('hex')));
            at = next;
          }
          const expected = all.filter((n) => !wanted.has(n)).map((n) => digestOf(n).toString('hex'));
          expect(left).toEqual(expected.sort());
          for (const n of asked) expect(one.isMarked(digestOf(n))).toBe(wanted.has(n));
        }
      },
    ),
  );
});

it('digests that share their first bytes are told apart', () => {
  const digests = Array.from({ length: 50 }, (_, i) => Buffer.concat([Buffer.alloc(31, 7), Buffer.from([i])]));
  const marks = createDigestMarks(50);
  for (const digest of digests) marks.add(digest);
  expect(marks.mark(digests[13]!)).toBe(true);
  expect(marks.unmarked(0, 100).digests).toHaveLength(49);
});

it('takes 33 bytes a digest', () => {
  const before = process.memoryUsage().arrayBuffers;
  const marks = createDigestMarks(1_000_000);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(33 * 1_000_000);
  expect(marks.count).toBe(0);
});
