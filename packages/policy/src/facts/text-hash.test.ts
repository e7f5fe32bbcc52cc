import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hasRecordHash, recordHash, recordHashAt, textHash } from './text-hash.ts';

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
  expect(recordHash('a-1-0.conda', body, { v3: false, extra: null, signatures: null })).toEqual(plain);
  const listed = [
    plain,
    recordHash('b-1-0.conda', body),
    recordHash('a-1-0.conda', body, { v3: true }),
    recordHash('a-1-0.conda', body, { extra: text('{}') }),
    recordHash('a-1-0.conda', body, { extra: text('{"weak":["a"]}') }),
    recordHash('a-1-0.conda', body, { v3: true, extra: text('{}') }),
    recordHash('a-1-0.conda', body, { signatures: text('{}') }),
    recordHash('a-1-0.conda', body, { signatures: text('{"weak":["a"]}') }),
    recordHash('a-1-0.conda', body, { extra: text('{}'), signatures: text('{}') }),
  ];
  expect(new Set(listed.map(String)).size).toBe(listed.length);
});

it('tells a record in a buffer as it tells one by itself', () => {
  const text = (value: string) => new TextEncoder().encode(value);
  const ascii = fc.string({ unit: 'grapheme-ascii', maxLength: 40 });
  fc.assert(
    fc.property(
      ascii,
      ascii,
      fc.uint8Array(),
      fc.option(ascii),
      fc.option(ascii),
      fc.boolean(),
      (before, file, body, exports, signed, v3) => {
        const [fileAt, bodyAt] = [before.length, before.length + file.length];
        const exported = exports === null ? null : text(exports);
        const signatures = signed === null ? null : text(signed);
        const bytes = Uint8Array.from([
          ...text(before + file),
          ...body,
          ...(exported ?? []),
          ...(signatures ?? []),
          ...[1, 2, 3],
        ]);
        const bodyEnd = bodyAt + body.length;
        const extraAt = exported ? bodyEnd : -1;
        const extraEnd = bodyEnd + (exported?.length ?? 0);
        const signaturesAt = signatures ? extraEnd : -1;
        const signaturesEnd = extraEnd + (signatures?.length ?? 0);
        const extras = { extraAt, extraEnd, signaturesAt, signaturesEnd };
        const place = { bytes, fileAt, fileEnd: bodyAt, bodyAt, bodyEnd, v3, ...extras };
        expect(recordHashAt(place)).toEqual(recordHash(file, body, { v3, extra: exported, signatures }));
        const view = new DataView(bytes.buffer);
        const bare = recordHash(file, body);
        expect(hasRecordHash({ ...place, view }, Uint32Array.of(7, ...bare), 1)).toBe(true);
        for (const words of [Uint32Array.of(bare[0] ^ 1, bare[1]), Uint32Array.of(bare[0], bare[1] ^ 1)]) {
          expect(hasRecordHash({ ...place, view }, words, 0)).toBe(false);
        }
      },
    ),
  );
});
