import fc from 'fast-check';
import { expect, it } from 'vitest';
import { textHash } from './text-hash.ts';

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
