import fc from 'fast-check';
import { expect, it } from 'vitest';
import { recordHash, textHash } from './text-hash.ts';

it('changes with every single byte', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 600 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (bytes, at, by) => {
        const other = bytes.slice();
        const place = at % other.length;
        other[place] = (other[place]! + by) % 256;
        expect(textHash(other)).not.toEqual(textHash(bytes));
      },
    ),
  );
});

it('spreads a hundred thousand similar texts without a collision', () => {
  const seen = new Set<string>();
  for (let i = 0; i < 100_000; i++) seen.add(textHash(new TextEncoder().encode(`{"build_number":${i}}`)).join());
  expect(seen.size).toBe(100_000);
});

it('tells a record by all it is listed with', () => {
  const text = (value: string) => new TextEncoder().encode(value);
  const body = text('{}');
  const plain = recordHash('a-1-0.conda', body);
  expect(recordHash('a-1-0.conda', body, { v3: false, runExports: null })).toEqual(plain);
  expect(recordHash(text('a-1-0.conda'), body)).toEqual(plain);
  const listed = [
    plain,
    recordHash('b-1-0.conda', body),
    recordHash('a-1-0.conda', body, { v3: true }),
    recordHash('a-1-0.conda', body, { runExports: text('{}') }),
    recordHash('a-1-0.conda', body, { runExports: text('{"weak":["a"]}') }),
    recordHash('a-1-0.conda', body, { v3: true, runExports: text('{}') }),
  ];
  expect(new Set(listed.map(String)).size).toBe(listed.length);
});
