import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../errors.ts';
import {
  parseDcf,
  type RValue,
  readFileTimes,
  readRds,
  writeArchiveRds,
  writeCurrentRds,
  writePackagesRds,
  writeRds,
} from './index.ts';

const testdata = (name: string) => readFileSync(new URL(`./testdata/${name}`, import.meta.url));
const vectors: { matrix_v2: string; archive_v2: string } = JSON.parse(testdata('rds-vectors.json').toString());
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('writing', () => {
  test('a matrix gives the bytes that other readers were shown to read', () => {
    const columns: RValue = { type: 'character', values: ['Package', 'Version'] };
    const matrix: RValue = {
      type: 'character',
      values: ['a', 'bé', '1.0', undefined],
      attributes: [
        ['dim', { type: 'integer', values: [2, 2] }],
        ['dimnames', { type: 'list', values: [{ type: 'null' }, columns] }],
      ],
    };
    expect(hex(writeRds(matrix))).toBe(vectors.matrix_v2);
  });

  test('an archive does, too', () => {
    const files = [{ path: 'demo/demo_0.1.tar.gz', size: 1234, mtime: 1_700_000_000 }];
    expect(hex(writeArchiveRds([['demo', files]]))).toBe(vectors.archive_v2);
  });

  test('PACKAGES is a matrix with a column for every field, standard ones first', () => {
    const rows = ['Package: a\nVersion: 1.0\nZebra: z', 'Package: b\nVersion: 2.0\nAnt: 1\n 2\nMD5sum: x'].map(
      parseDcf,
    );
    const value = readRds(writePackagesRds(rows)) as Extract<RValue, { type: 'character' }>;
    const attributes = new Map(value.attributes);
    expect(Array.from((attributes.get('dim') as { values: Int32Array }).values)).toEqual([2, 17]);
    const [names, columns] = (attributes.get('dimnames') as { values: { values: string[] }[] }).values;
    expect(names!.values).toEqual(['a', 'b']);
    expect(columns!.values.slice(0, 2).concat(columns!.values.slice(-3))).toEqual([
      'Package',
      'Version',
      'NeedsCompilation',
      'Ant',
      'Zebra',
    ]);
    expect(value.values.slice(0, 4)).toEqual(['a', 'b', '1.0', '2.0']);
    expect(value.values.slice(-4)).toEqual([undefined, '1\n2', 'z', undefined]);
  });
});

describe('reading', () => {
  const demo = [
    { path: 'demo/demo_0.1.tar.gz', size: 101, mtime: 1_700_000_001 },
    { path: 'demo/demo_0.2.tar.gz', size: 102, mtime: 1_700_000_002 },
    { path: 'other/other_1.0-1.tar.gz', size: 101, mtime: 1_700_000_001 },
  ];

  test.each(['archive-v2.rds', 'archive-v3.rds'])('%s of R', (name) => {
    expect(readFileTimes(testdata(name))).toEqual(demo);
  });

  test('current.rds of R', () => {
    expect(readFileTimes(testdata('current-v3.rds')).map(({ path }) => path)).toEqual([
      'demo_0.3.tar.gz',
      'x_1.0.tar.gz',
    ]);
  });

  test('what we write', () => {
    expect(
      readFileTimes(
        writeArchiveRds([
          ['demo', demo.slice(0, 2)],
          ['other', demo.slice(2)],
        ]),
      ),
    ).toEqual(demo);
    const unknown = [{ path: 'x_1.0.tar.gz', size: undefined, mtime: undefined }];
    expect(readFileTimes(writeCurrentRds(unknown))).toEqual(unknown);
    expect(readFileTimes(writeArchiveRds([]))).toEqual([]);
  });

  test('sequences and notes of R 3.5 and later', () => {
    const { values } = readRds(testdata('values-v3.rds')) as { values: RValue[] };
    const plain = values.map((value) => ('values' in value ? Array.from(value.values as ArrayLike<unknown>) : null));
    expect(plain).toEqual([
      [1, 2, 3],
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
      [1],
      null,
      [1, -(2 ** 31)],
      [undefined, 'bé'],
      [1, 2, 3, 4, 5],
    ]);
  });

  test.each(['function.rds', 'environment.rds', 'call.rds'])('not %s', (name) => {
    expect(() => readRds(testdata(name))).toThrow(expect.objectContaining({ code: 'rds_syntax' }));
  });

  test('not what is cut, too large or too deep', () => {
    const bytes = testdata('archive-v3.rds');
    for (let length = 0; length < bytes.length; length++) {
      expect(() => readRds(bytes.subarray(0, length))).toThrow(FormatError);
    }
    expect(() => readRds(bytes, { elements: 10, depth: 20 })).toThrow(expect.objectContaining({ code: 'rds_limit' }));
    expect(() => readRds(bytes, { elements: 1e6, depth: 0 })).toThrow(expect.objectContaining({ code: 'rds_limit' }));
    const wide = Buffer.from('580a000000020004040100020300000000137fffffff', 'hex');
    expect(() => readRds(wide)).toThrow(FormatError);
  });

  test('nothing but a FormatError comes of damaged bytes', () => {
    const bytes = testdata('values-v3.rds');
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
        const damaged = Uint8Array.from(bytes);
        damaged[at] = byte;
        try {
          readRds(damaged, { elements: 10_000, depth: 10 });
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
    );
  });
});
