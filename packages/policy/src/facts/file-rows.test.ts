import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FactsRow, factsBuilder } from './builder.ts';
import { fileRowsAmong, fileRowsOf } from './file-rows.ts';

const stem = fc
  .tuple(fc.constantFrom('a', 'b', 'a-b', 'a-1'), fc.nat(3), fc.nat(3), fc.constantFrom('.conda', '.tar.bz2'))
  .map(([name, version, build, extension]) => ({ name, file: `${name}-${version}-${build}${extension}` }));
const stranger = fc.constantFrom(
  '',
  '-',
  'a',
  'a-1',
  'a--0',
  '-1-0.conda',
  'c-1-0.conda',
  'ä-1-0.conda',
  '√-1-0.conda',
);

test('files are found by few questions and by many, and nothing else is', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(stem, { selector: ({ file }) => file }),
      fc.array(fc.oneof(stem, stranger)),
      (list, questions) => {
        const facts = factsOf(list);
        const rowOf = fileRowsOf(facts);
        // Until a table is made of so many.
        const often = Array.from({ length: 9 }, () => list).flat();
        for (const question of [...questions, ...often, ...questions]) {
          const file = typeof question === 'string' ? question : question.file;
          expect(rowOf(file)).toBe(list.findIndex((one) => one.file === file));
        }
      },
    ),
  );
});

test('some files are found where their names lie, and no others', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(stem, fc.boolean()), { selector: ([{ file }]) => file }),
      fc.array(fc.oneof(stem, stranger)),
      (list, questions) => {
        const files = list.map(([{ file }]) => file);
        const some = list.flatMap(([, isOne], row) => (isOne ? [row] : []));
        const rowAt = fileRowsAmong(factsOf(list.map(([one]) => one)).files, some);
        for (const question of [...questions, ...files]) {
          const file = typeof question === 'string' ? question : question.file;
          const bytes = new TextEncoder().encode(`|${file}|`);
          const row = files.indexOf(file);
          expect(rowAt(bytes, 1, bytes.length - 1)).toBe(some.includes(row) ? row : -1);
        }
      },
    ),
  );
});

test('of an upload the name need not be what its file begins with', () => {
  const facts = factsOf([{ name: 'some-data', file: 'Some_Data.2.tar' }], 'files');
  expect(fileRowsOf(facts)('Some_Data.2.tar')).toBe(0);
});

function factsOf(list: readonly Pick<FactsRow, 'name' | 'file'>[], part = 'noarch') {
  const row = {
    version: '1',
    build: '0',
    buildNumber: 0,
    licence: {},
    fromRev: 1,
    length: 2,
    recordHash: [1, 2] as const,
  };
  const builder = factsBuilder(part);
  for (const { name, file } of list) builder.add({ ...row, recordHash: [1, 2], name, file });
  return builder.build();
}
