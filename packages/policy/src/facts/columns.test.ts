import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FactsRow, factsBuilder } from './builder.ts';
import { decodeColumns, encodeColumns } from './columns.ts';
import type { Facts } from './facts.ts';
import { fileRows } from './file-rows.ts';

const text = fc.string({ minLength: 1, maxLength: 20 });
// Whatever a record holds, also the characters that a careless join of texts would trip over.
const licence = fc.string({ unit: fc.constantFrom('a', '\n', '\0', '"', 'é'), minLength: 1, maxLength: 5 });
const ending = fc.constantFrom('.conda', '.tar.bz2', '.CONDA', '');
const anyRow: fc.Arbitrary<FactsRow> = fc.record({
  file: fc.tuple(text, ending).map(([stem, end]) => stem + end),
  name: text,
  version: text,
  build: text,
  buildNumber: fc.maxSafeNat(),
  licence: fc.record({ license: licence, family: licence }, { requiredKeys: [] }),
  python: fc.constantFrom('', 'python', 'python >=3.8', 'python >=3.8\npython <4'),
  timestamp: fc.option(fc.nat(), { nil: undefined }),
  size: fc.option(fc.nat(), { nil: undefined }),
  sha256: fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 }), { nil: undefined }),
  md5: fc.option(fc.uint8Array({ minLength: 16, maxLength: 16 }), { nil: undefined }),
  fromRev: fc.nat(),
  length: fc.nat(),
  v3: fc.boolean(),
  recordHash: fc.tuple(fc.nat(0xffffffff), fc.nat(0xffffffff)),
});
const row = fc
  .tuple(anyRow, fc.boolean(), ending)
  .map(([one, isNamed, end]) => (isNamed ? { ...one, file: `${one.name}-${one.version}-${one.build}${end}` } : one));
const rows = fc.uniqueArray(row, { selector: (one) => one.file, maxLength: 200 });

function factsOf(list: readonly FactsRow[]): Facts {
  const builder = factsBuilder('linux-64');
  for (const one of list) builder.add(one);
  return builder.build();
}

/** The columns as one array, as they lie in a blob. */
function bytesOf(facts: Facts): Uint8Array {
  return Buffer.concat([...encodeColumns(facts).chunks]);
}

function plain({ files: _, builds, ...facts }: Facts) {
  const build = Array.from({ length: facts.count }, (_, i) => builds.at(i));
  return { ...facts, build, file: Array.from({ length: facts.count }, (_, i) => facts.file(i)) };
}

describe('facts columns', () => {
  it('come back from bytes as they went in, at any alignment', () => {
    fc.assert(
      fc.property(rows, fc.nat(7), (list, shift) => {
        const facts = factsOf(list);
        const bytes = bytesOf(facts);
        const moved = Buffer.alloc(bytes.length + shift);
        moved.set(bytes, shift);
        expect(plain(decodeColumns(moved.subarray(shift)))).toEqual(plain(facts));
      }),
    );
  });

  it('hold what was put in, however odd or large', () => {
    fc.assert(
      fc.property(rows, (list) => {
        const facts = decodeColumns(bytesOf(factsOf(list)));
        list.forEach(({ file, build, buildNumber, licence }, i) => {
          expect([facts.file(i), facts.builds.at(i), facts.buildNumber[i]]).toEqual([file, build, buildNumber]);
          expect(facts.licences[facts.licence[i]!]).toEqual(licence);
        });
      }),
    );
  });

  it('find every file by name and nothing else', () => {
    fc.assert(
      fc.property(rows, text, (list, stranger) => {
        const facts = factsOf(list);
        const rowOf = fileRows(facts.files, facts.count);
        // A name that is not ASCII is no file's name, and is not found.
        const isAscii = (file: string) => !/[^\0-\x7f]/.test(file);
        for (let i = 0; i < facts.count; i++) expect(rowOf(facts.file(i))).toBe(isAscii(facts.file(i)) ? i : -1);
        if (!list.some((one) => one.file === stranger)) expect(rowOf(stranger)).toBe(-1);
      }),
    );
  });

  it('tell a legacy file its .conda twin', () => {
    const one = (file: string): FactsRow => ({
      file,
      name: 'a',
      version: '1',
      build: '0',
      buildNumber: 0,
      licence: {},
      fromRev: 1,
      length: 2,
      recordHash: [1, 2],
    });
    const facts = factsOf([one('a-1-0.tar.bz2'), one('b-1-0.tar.bz2'), one('a-1-0.conda')]);
    expect([...facts.twin]).toEqual([2, -1, -1]);
  });

  it('tell no classic file a v3 twin, which older clients do not see', () => {
    const one = { name: 'a', version: '1', build: '0', buildNumber: 0, licence: {}, fromRev: 1, length: 2 };
    const [legacy, conda] = ['a-1-0.tar.bz2', 'a-1-0.conda'];
    const row = (file: string, v3: boolean): FactsRow => ({ ...one, file, v3, recordHash: [1, 2] });
    expect([...factsOf([row(legacy, false), row(conda, true)]).twin]).toEqual([-1, -1]);
    expect([...factsOf([row(legacy, true), row(conda, true)]).twin]).toEqual([1, -1]);
  });

  it('of another version are told from damaged ones: they are built anew', () => {
    const bytes = Buffer.from(bytesOf(factsOf([])));
    const at = bytes.indexOf('"version":') + '"version":'.length;
    bytes[at] = bytes[at]! - 1;
    expect(() => decodeColumns(bytes)).toThrow(expect.objectContaining({ code: 'columns_format' }));
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['other bytes', new Uint8Array(64).fill(7)],
    ['the first half', bytesOf(factsOf([])).subarray(0, 40)],
    ['a head that is cut', bytesOf(factsOf([])).map((byte, at) => (at === 4 ? byte - 5 : byte))],
  ])('refuse %s, to be built anew', (_, bytes) => {
    expect(() => decodeColumns(bytes)).toThrow(expect.objectContaining({ code: 'columns_format' }));
  });
});
