import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RepodataBucket, RepodataInfo } from './repodata-document.ts';
import { createRepodataScanner, type RepodataScanSummary } from './repodata-scan.ts';

interface Seen {
  records: [RepodataBucket, string, string][];
  infos: RepodataInfo[];
  removed: string[];
  summary: RepodataScanSummary;
}

function scanChunks(chunks: Uint8Array[]): Seen {
  const seen: Omit<Seen, 'summary'> = { records: [], infos: [], removed: [] };
  const scanner = createRepodataScanner({
    onRecord: (bucket, fileName, record) => {
      seen.records.push([bucket, fileName, Buffer.from(record).toString()]);
    },
    onInfo: (info) => seen.infos.push(info),
    onRemoved: (fileName) => seen.removed.push(fileName),
  });
  for (const chunk of chunks) scanner.push(chunk);
  return { ...seen, summary: scanner.end() };
}

const scanText = (text: string | Buffer): Seen => scanChunks([Buffer.from(text)]);

function split(bytes: Buffer, cuts: number[]): Buffer[] {
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, i) => bytes.subarray(edges[i], edge));
}

function failure(text: string | Buffer): { code?: string; found?: string; message?: string } {
  try {
    scanText(text);
  } catch (error) {
    return error as { code: string };
  }
  return {};
}

const record = '{"build":"0","depends":["a \\"b\\" }"],"name":"x"}';

describe('a repodata scan', () => {
  it.each<[string, string, Partial<Seen>]>([
    ['an empty object', '{}', { records: [], infos: [], removed: [] }],
    ['blanks all around', ' \n{\t"packages" :\r\n { } } \n', { records: [] }],
    ['a byte order mark', '\ufeff{"packages":{"a":{}}}', { records: [['packages', 'a', '{}']] }],
    [
      'null maps',
      '{"info":null,"packages":null,"packages.conda":null,"removed":null,"v3":null,"repodata_version":null}',
      {
        records: [],
        infos: [],
        removed: [],
      },
    ],
    ['null maps in v3', '{"v3":{"conda":null,"tar.bz2":{}}}', { records: [] }],
    [
      'a record verbatim, without outer blanks',
      `{"packages":{"x" : \n${record} \n}}`,
      {
        records: [['packages', 'x', record]],
      },
    ],
    [
      'members in any order',
      `{"v3":{"tar.bz2":{"s":{}},"conda":{"t":{}},"whl":{"u":{}}},"packages.conda":{"c":{}},"removed":["r"],"packages":{"p":{}}}`,
      {
        records: [
          ['v3.tar.bz2', 's.tar.bz2', '{}'],
          ['v3.conda', 't.conda', '{}'],
          ['packages.conda', 'c', '{}'],
          ['packages', 'p', '{}'],
        ],
        removed: ['r'],
      },
    ],
    [
      'a map that comes twice',
      '{"packages":{"a":{}},"packages":{"b":[]}}',
      {
        records: [
          ['packages', 'a', '{}'],
          ['packages', 'b', '[]'],
        ],
      },
    ],
    ['escapes in keys', '{"pack\\u0061ges":{"\\u0061\\"\\\\\\n":{}}}', { records: [['packages', 'a"\\\n', '{}']] }],
    [
      'records that are no objects',
      '{"packages":{"a":null,"b":1.5e3,"c":"}","d":true}}',
      {
        records: [
          ['packages', 'a', 'null'],
          ['packages', 'b', '1.5e3'],
          ['packages', 'c', '"}"'],
          ['packages', 'd', 'true'],
        ],
      },
    ],
    [
      'unknown members of every kind',
      '{"signatures":{"a":{"b":[{"packages":{"no":{}}}]}},"x":-1.5E-3,"y":"\\"","z":[false],"packages":{"a":{}}}',
      {
        records: [['packages', 'a', '{}']],
      },
    ],
    ['other things in removed', '{"removed":["a",1,{"b":2},null,"c\\u0021"]}', { removed: ['a', 'c!'] }],
  ])('reads %s', (_what, text, expected) => {
    expect(scanText(text)).toMatchObject(expected);
  });

  it('hands over info and the version', () => {
    const seen = scanText('{"info":{"subdir":"noarch","base_url":"../x/","n":[1]},"repodata_version":2}');
    expect(seen.infos).toEqual([
      { subdir: 'noarch', baseUrl: '../x/', raw: { subdir: 'noarch', base_url: '../x/', n: [1] } },
    ]);
    expect(seen.summary).toEqual({ repodataVersion: 2, records: 0, bytes: 76 });
    expect(scanText('{"info":{"subdir":5}}').infos[0]?.subdir).toBeUndefined();
  });

  it.each([
    ['', 'repodata_truncated'],
    ['{', 'repodata_truncated'],
    ['{"packages":{"a":{"b":"', 'repodata_truncated'],
    ['{"packages":{"a":{}}', 'repodata_truncated'],
    ['{"removed":["a"', 'repodata_truncated'],
    ['{}x', 'repodata_syntax'],
    ['{}{}', 'repodata_syntax'],
    ['[]', 'repodata_syntax'],
    ['<html>', 'repodata_syntax'],
    ['{"packages":[]}', 'repodata_syntax'],
    ['{"packages":{"a":{},}}', 'repodata_syntax'],
    ['{"packages":{"a":{}},}', 'repodata_syntax'],
    ['{"packages":{"a" {}}}', 'repodata_syntax'],
    ['{"packages":{a:{}}}', 'repodata_syntax'],
    ['{"packages":{"a":{"b":[}]}}', 'repodata_syntax'],
    ['{"packages":{"a":nul}}', 'repodata_syntax'],
    ['{"packages":{"a":01}}', 'repodata_syntax'],
    ['{"packages":no}', 'repodata_syntax'],
    ['{"packages":false}', 'repodata_syntax'],
    ['{"removed":{}}', 'repodata_syntax'],
    ['{"removed":["a",]}', 'repodata_syntax'],
    ['{"info":[]}', 'repodata_syntax'],
    ['{"info":{"a":tru}}', 'repodata_syntax'],
    ['{"\\q":{}}', 'repodata_syntax'],
    ['{"repodata_version":3}', 'repodata_version'],
    ['{"repodata_version":"1"}', 'repodata_version'],
    [`{"packages":{"a":${'['.repeat(65)}`, 'repodata_limit'],
    [`{"x":${'{"a":'.repeat(65)}`, 'repodata_limit'],
  ])('refuses %j with %s', (text, code) => {
    expect(failure(text).code).toBe(code);
  });

  it('refuses a key that is not UTF-8', () => {
    expect(failure(Buffer.from('{"packages":{"\xff":{}}}', 'latin1')).code).toBe('repodata_syntax');
  });

  it('says at which byte the document broke, over all chunks', () => {
    const text = Buffer.from('{"packages":{"a":{}};}');
    for (const chunks of [[text], split(text, [3, 14, 18])]) {
      expect(() => scanChunks(chunks)).toThrow(expect.objectContaining({ found: '";" at byte 20' }));
    }
  });

  it('accepts depth 64 and a value of 16 MiB, in one chunk or many, and no more', () => {
    expect(scanText(`{"packages":{"a":${'['.repeat(64)}${']'.repeat(64)}}}`).records).toHaveLength(1);
    const limit = 16 * 1024 * 1024;
    const document = (bytes: number): Buffer => Buffer.from(`{"packages":{"a":"${'x'.repeat(bytes - 2)}"}}`);
    const inParts = (bytes: Buffer): Buffer[] => split(bytes, [1_000_000, 9_000_000]);
    for (const chunks of [[document(limit)], inParts(document(limit))]) {
      expect(scanChunks(chunks).records[0]?.[2]).toHaveLength(limit);
    }
    for (const chunks of [[document(limit + 1)], inParts(document(limit + 1))]) {
      expect(() => scanChunks(chunks)).toThrow(expect.objectContaining({ code: 'repodata_limit' }));
    }
  });

  it('is over once it has thrown', () => {
    const scanner = createRepodataScanner({
      onRecord: () => {
        throw new Error('disk full');
      },
    });
    expect(() => scanner.push(Buffer.from('{"packages":{"a":{}}}'))).toThrow('disk full');
    expect(() => scanner.push(Buffer.from('}'))).toThrow(expect.objectContaining({ code: 'repodata_syntax' }));
    expect(() => scanner.end()).toThrow(expect.objectContaining({ code: 'repodata_syntax' }));
  });

  it('finds what JSON.parse finds in any document, however it is cut and laid out', () => {
    const map = fc.dictionary(fc.string({ unit: 'binary' }), fc.dictionary(fc.string(), fc.jsonValue()));
    const documents = fc.record(
      {
        info: fc.record({ subdir: fc.string() }),
        packages: map,
        'packages.conda': map,
        removed: fc.array(fc.string({ unit: 'grapheme' })),
        repodata_version: fc.constantFrom(0, 1, 2),
        signatures: fc.jsonValue(),
        unknown: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(documents, fc.constantFrom(0, 2), fc.array(fc.nat()), (value, indent, cuts) => {
        const text = JSON.stringify(value, undefined, indent);
        const seen = scanChunks(split(Buffer.from(text), cuts));
        const view = JSON.parse(text) as typeof value;
        const entries = [...Object.entries(view.packages ?? {}), ...Object.entries(view['packages.conda'] ?? {})];
        const byKey = (a: unknown[], b: unknown[]): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
        expect(seen.records.map(([, key, text]) => [key, JSON.parse(text)]).sort(byKey)).toEqual(entries.sort(byKey));
        expect(seen.removed).toEqual(view.removed ?? []);
        expect(seen.infos.map((info) => info.raw)).toEqual(view.info === undefined ? [] : [view.info]);
        expect(seen.summary.repodataVersion).toBe(view.repodata_version);
      }),
      { numRuns: 200 },
    );
  });

  it('ends on any garbage, with the same outcome however it is cut', () => {
    const outcome = (chunks: Buffer[]): unknown => {
      try {
        return scanChunks(chunks);
      } catch (error) {
        return { code: (error as { code: string }).code };
      }
    };
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      '\\',
      ',',
      ':',
      'null',
      '1',
      ' ',
      'packages',
      '"packages":',
      'é',
    );
    fc.assert(
      fc.property(fc.array(pieces), fc.array(fc.nat()), (words, cuts) => {
        const bytes = Buffer.from(`{"packages":{"a":${words.join('')}`);
        expect(outcome(split(bytes, cuts))).toEqual(outcome([bytes]));
      }),
      { numRuns: 500 },
    );
  });
});

describe('real documents', () => {
  const pytorch = gunzipSync(readFileSync(new URL('testdata/pytorch-linux-64.json.gz', import.meta.url)));
  const v3 = readFileSync(new URL('testdata/v3-conditional-noarch.json', import.meta.url));

  it.each([
    ['pytorch linux-64', pytorch, 2181],
    ['conditional dependencies', v3, 7],
  ])('%s: every record is a verbatim slice, equal to JSON.parse', (_name, bytes, count) => {
    const seen = scanText(bytes);
    const view = JSON.parse(bytes.toString()) as Record<string, Record<string, unknown>>;
    expect(seen.records).toHaveLength(count);
    expect(Object.fromEntries(seen.records.map(([, key, text]) => [key, JSON.parse(text)]))).toEqual(view.packages);
    let from = 0;
    for (const [, , text] of seen.records) {
      from = bytes.indexOf(text, from);
      expect(from).toBeGreaterThan(0);
    }
  });

  it('cut at every byte gives the same', () => {
    const whole = scanText(v3);
    for (let cut = 1; cut < v3.length; cut++) {
      expect(scanChunks([v3.subarray(0, cut), v3.subarray(cut)])).toEqual(whole);
    }
    expect(scanChunks(Array.from(v3, (_, i) => v3.subarray(i, i + 1)))).toEqual(whole);
  });
});

it('names the wheels of the v3 maps, and reads what comes after them', () => {
  const left: string[] = [];
  const files: string[] = [];
  const scanner = createRepodataScanner({
    onRecord: (_, file) => files.push(file),
    onLeftOut: (map, key) => left.push(`${map} ${key}`),
  });
  const text = '{"v3":{"whl":{"a-1-py3":{"x":[{}]},"b-1-py3":null},"conda":{"c-1-0":{}}},"packages":{"d":{}}}';
  for (const byte of Buffer.from(text)) scanner.push(Uint8Array.of(byte));
  scanner.end();
  expect([left, files]).toEqual([
    ['v3.whl a-1-py3', 'v3.whl b-1-py3'],
    ['c-1-0.conda', 'd'],
  ]);
});
