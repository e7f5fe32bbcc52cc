import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type DigestRun, digestPieces, digestRows, digestsIn } from './digests.ts';

/** What the digests of a row are made of; zero is none. */
function byteOf(row: number): number {
  return row % 5 === 0 ? 0 : 1 + (row % 255);
}

function column(first: number, count: number): DigestRun {
  const sha256 = new Uint8Array(count * 32);
  const md5 = new Uint8Array(count * 16);
  for (let i = 0; i < count; i++) {
    sha256.fill(byteOf(first + i), i * 32, (i + 1) * 32);
    md5.fill(byteOf(first + i), i * 16, (i + 1) * 16);
  }
  return { sha256, md5, from: 0, to: count };
}

const change = fc.record({ kept: fc.array(fc.boolean(), { maxLength: 400 }), came: fc.nat(30) });

it('are those of the rows that stayed and came, however often that happened', () => {
  fc.assert(
    fc.property(fc.nat(200), fc.array(change, { maxLength: 20 }), (count, changes) => {
      let digests = digestsIn([column(0, count)]);
      let wanted = Array.from({ length: count }, (_, i) => i);
      let next = count;
      for (const { kept, came } of changes) {
        const spans = wanted.flatMap((_, i): [number, number][] => (kept[i] === false ? [] : [[i, i + 1]]));
        digests = digestsIn([...digestRows(digests, spans), ...digestsIn([column(next, came)]).runs]);
        wanted = [...spans.map(([i]) => wanted[i]!), ...Array.from({ length: came }, (_, i) => next + i)];
        next += came;
      }
      expect(wanted.map((_, i) => digests.sha256(i)?.[31] ?? 0)).toEqual(wanted.map(byteOf));
      expect(wanted.map((_, i) => digests.md5(i)?.[0] ?? 0)).toEqual(wanted.map(byteOf));
      const bytes = Buffer.concat(digestPieces(digests, 'md5'));
      expect(wanted.map((_, i) => bytes[i * 16 + 15])).toEqual(wanted.map(byteOf));
      expect(bytes).toHaveLength(wanted.length * 16);
    }),
  );
});

it('stay where they lie when few rows change', () => {
  const whole = column(0, 1000);
  const digests = digestsIn([
    ...digestRows(digestsIn([whole]), [
      [0, 500],
      [501, 1000],
    ]),
    column(7, 1),
  ]);
  expect(digests.runs[1]?.sha256).toBe(whole.sha256);
  expect(digests.runs).toHaveLength(3);
});

it('are copied together when they are scattered, or when columns would be held for ever', () => {
  const odd = Array.from({ length: 50 }, (_, i): [number, number] => [i * 2, i * 2 + 1]);
  expect(digestsIn(digestRows(digestsIn([column(0, 100)]), odd)).runs).toHaveLength(1);
  const columns = Array.from({ length: 9 }, (_, i) => column(i * 1000, 1000));
  expect(digestsIn(columns.slice(1)).runs).toHaveLength(8);
  expect(digestsIn(columns).runs).toHaveLength(1);
});

it('are copied when little is left of what holds them', () => {
  const whole = column(0, 1000);
  const left = (rows: number) => digestsIn(digestRows(digestsIn([whole]), [[1, 1 + rows]]));
  expect(left(400).runs[0]!.sha256).toBe(whole.sha256);
  expect(left(300).runs[0]!.sha256).toHaveLength(300 * 32);
  expect(left(300).sha256(0)).toEqual(whole.sha256.subarray(32, 64));
});
