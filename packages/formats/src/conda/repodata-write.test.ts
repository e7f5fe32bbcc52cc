import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonObject, writeJson } from './json.ts';
import type { RepodataBucket } from './repodata-document.ts';
import { createRepodataScanner } from './repodata-scan.ts';
import { createRepodataWriter, type RepodataEntry, type RepodataSource, writeRepodata } from './repodata-write.ts';
import { createRunExportsWriter } from './run-exports-write.ts';

const load = (name: string): Buffer => gunzipSync(readFileSync(new URL(`testdata/${name}`, import.meta.url)));

async function write(source: Partial<RepodataSource>): Promise<string> {
  const chunks: Uint8Array[] = [];
  const whole = { info: { subdir: 'noarch' }, packages: [], packagesConda: [], removed: [], ...source };
  for await (const chunk of writeRepodata(whole)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const entry = (fn: string, text: string | Uint8Array = '{}'): RepodataEntry => ({ fn, text });

describe('writing repodata', () => {
  it.each<[string, Partial<RepodataSource>, string]>([
    ['nothing', {}, '{"info":{"subdir":"noarch"},"packages":{},"packages.conda":{},"removed":[],"repodata_version":1}'],
    [
      'both maps, with the texts as they are',
      {
        packages: [entry('a', '{ "b" : 1 }'), entry('b', Buffer.from('"é"'))],
        packagesConda: [entry('c')],
        removed: ['z', 'y'],
      },
      '{"info":{"subdir":"noarch"},"packages":{"a":{ "b" : 1 },"b":"é"},"packages.conda":{"c":{}},"removed":["y","z"],"repodata_version":1}',
    ],
    [
      'version 2 with a base URL',
      { info: { subdir: 'noarch', base_url: '../x/' } },
      '{"info":{"base_url":"../x/","subdir":"noarch"},"packages":{},"packages.conda":{},"removed":[],"repodata_version":2}',
    ],
    [
      'v3 under its stems',
      { packages: [entry('a')], v3Conda: [entry('s-1-0.conda')], v3TarBz2: [entry('t-1-0.tar.bz2')] },
      '{"info":{"subdir":"noarch"},"packages":{"a":{}},"packages.conda":{},"removed":[],"repodata_version":1,"v3":{"conda":{"s-1-0":{}},"tar.bz2":{"t-1-0":{}}}}',
    ],
    [
      'v3 with one map empty',
      { v3Conda: [entry('s-1-0.conda')] },
      '{"info":{"subdir":"noarch"},"packages":{},"packages.conda":{},"removed":[],"repodata_version":1,"v3":{"conda":{"s-1-0":{}},"tar.bz2":{}}}',
    ],
    [
      'v3 with the other map empty',
      { v3TarBz2: [entry('t-1-0.tar.bz2')] },
      '{"info":{"subdir":"noarch"},"packages":{},"packages.conda":{},"removed":[],"repodata_version":1,"v3":{"conda":{},"tar.bz2":{"t-1-0":{}}}}',
    ],
  ])('%s', async (_what, source, expected) => {
    expect(await write(source)).toBe(expected);
  });

  it('equals what conda-index writes, byte for byte', async () => {
    const oracle = JSON.parse(load('conda-index.json.gz').toString()) as {
      repodata: Record<string, Record<string, Record<string, JsonObject>>>;
    };
    for (const [subdir, document] of Object.entries(oracle.repodata)) {
      const entries = (map: string): RepodataEntry[] =>
        Object.entries(document[map]!).map(([fn, record]) => entry(fn, writeJson(record)));
      const text = await write({
        info: { subdir },
        packages: entries('packages'),
        packagesConda: entries('packages.conda'),
      });
      expect(text).toBe(JSON.stringify(document));
    }
  });

  it('takes async iterables', async () => {
    async function* entries(): AsyncGenerator<RepodataEntry> {
      yield entry('a');
      yield entry('b');
    }
    expect(await write({ packagesConda: entries() })).toContain('"packages.conda":{"a":{},"b":{}}');
  });

  it.each<[string, Partial<RepodataSource>]>([
    ['out of order', { packages: [entry('b'), entry('a')] }],
    ['that come twice', { packagesConda: [entry('a'), entry('a')] }],
  ])('refuses entries %s', async (_what, source) => {
    await expect(write(source)).rejects.toThrow(expect.objectContaining({ code: 'repodata_order' }));
  });

  it('refuses a map behind its turn', () => {
    const writer = createRepodataWriter({ info: { subdir: 'noarch' }, removed: [] }, () => {});
    writer.entry('packages.conda', 'a', '{}');
    expect(() => writer.entry('packages', 'a', '{}')).toThrow(
      expect.objectContaining({ code: 'repodata_order', found: 'packages' }),
    );
  });

  it('is read back by the scanner as it was given, whatever the texts and however long', async () => {
    const bucket = fc.constantFrom<RepodataBucket>('packages', 'packages.conda', 'v3.conda', 'v3.tar.bz2');
    const text = fc.oneof(
      fc.jsonValue().map((value) => JSON.stringify(value)),
      fc.nat(600_000).map((n) => `["${'é'.repeat(n)}"]`),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(bucket, fc.string(), text)), fc.boolean(), async (items, asBytes) => {
        const maps: Record<RepodataBucket, Map<string, string>> = {
          packages: new Map(),
          'packages.conda': new Map(),
          'v3.conda': new Map(),
          'v3.tar.bz2': new Map(),
        };
        for (const [bucket, key, text] of items)
          maps[bucket].set(bucket.startsWith('v3.') ? key + bucket.slice(2) : key, text);
        const sorted = (bucket: RepodataBucket): RepodataEntry[] => {
          const stem = (fn: string): string => (bucket.startsWith('v3.') ? fn.slice(0, -bucket.length + 2) : fn);
          return [...maps[bucket]]
            .sort(([a], [b]) => (stem(a) < stem(b) ? -1 : 1))
            .map(([fn, text]) => entry(fn, asBytes ? Buffer.from(text) : text));
        };
        const document = await write({
          packages: sorted('packages'),
          packagesConda: sorted('packages.conda'),
          v3Conda: sorted('v3.conda'),
          v3TarBz2: sorted('v3.tar.bz2'),
        });
        const seen: typeof maps = {
          packages: new Map(),
          'packages.conda': new Map(),
          'v3.conda': new Map(),
          'v3.tar.bz2': new Map(),
        };
        const scanner = createRepodataScanner({
          onRecord: (bucket, fn, record) => seen[bucket].set(fn, Buffer.from(record).toString()),
        });
        scanner.push(Buffer.from(document));
        scanner.end();
        expect(seen).toEqual(maps);
      }),
      { numRuns: 50 },
    );
  });

  it('copies every record of a real channel byte for byte', async () => {
    const original = load('pytorch-linux-64.json.gz');
    const records = new Map<string, string>();
    const scanner = createRepodataScanner({
      onRecord: (_bucket, fn, record) => records.set(fn, Buffer.from(record).toString()),
    });
    scanner.push(original);
    scanner.end();
    const packages = [...records].sort(([a], [b]) => (a < b ? -1 : 1)).map(([fn, text]) => entry(fn, text));
    const text = await write({ info: { subdir: 'linux-64' }, packages });
    expect(JSON.parse(text)).toEqual(JSON.parse(original.toString()));
    for (const record of records.values()) expect(text.includes(record)).toBe(true);
  });
});

describe('writing run_exports.json', () => {
  const written = (work: (writer: ReturnType<typeof createRunExportsWriter>) => void): string => {
    const chunks: Uint8Array[] = [];
    const writer = createRunExportsWriter('linux-64', (chunk) => chunks.push(chunk));
    work(writer);
    writer.end();
    return Buffer.concat(chunks).toString();
  };

  it('equals what conda-index writes', () => {
    const oracle = JSON.parse(load('conda-index.json.gz').toString()).run_exports['linux-64'];
    const text = written((writer) => {
      for (const map of ['packages', 'packages.conda'] as const) {
        for (const [fn, value] of Object.entries(oracle[map]))
          writer.entry(map, fn, (value as { run_exports: object }).run_exports);
      }
    });
    expect(text).toBe(JSON.stringify(oracle));
  });

  it('writes both maps when there is nothing', () => {
    expect(written(() => {})).toBe('{"info":{"subdir":"linux-64","version":1},"packages":{},"packages.conda":{}}');
  });

  it('refuses a .tar.bz2 behind a .conda', () => {
    expect(() =>
      written((writer) => {
        writer.entry('packages.conda', 'a', {});
        writer.entry('packages', 'b', {});
      }),
    ).toThrow(expect.objectContaining({ code: 'repodata_order' }));
  });
});
