import { execFileSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { type CranTree, parseCranTree, type RFileTimes } from '@sluice/formats/cran';
import { describe, expect, test } from 'vitest';
import { parseSourceAddress } from '../../source-address.ts';
import { listedTree } from './listed-tree.ts';
import { readPackages } from './read-packages.ts';
import { homeAt, treeHomes } from './tree-home.ts';
import { unpack } from './unpack.ts';

const tree = parseCranTree('src/contrib') as CranTree;
const url = 'http://up/src/contrib/PACKAGES.gz';
const read = (text: string, of = tree) => readPackages(Buffer.from(text), of, url);
const row = (name: string, version: string, more = '') => `Package: ${name}\nVersion: ${version}\n${more}`;

describe('PACKAGES', () => {
  test('lists each file once, that at its own place first', async () => {
    const text = [
      row('Matrix', '1.7-1', 'Path: 4.5.0/Recommended\n'),
      row('Matrix', '1.7-1'),
      row('demo', '1.0', 'File: demo_1.0.tar.gz\n'),
    ].join('\n');
    const { packages, refused } = await read(text);
    expect(packages.map(({ file, body }) => [file, body])).toEqual([
      ['Matrix_1.7-1.tar.gz', row('Matrix', '1.7-1')],
      ['demo_1.0.tar.gz', row('demo', '1.0', 'File: demo_1.0.tar.gz\n')],
    ]);
    expect(refused).toEqual([]);
  });

  test('may list what is no file of a package', async () => {
    const { packages, refused } = await read(
      [row('a_b', '1.0'), row('demo', '1'), row('demo', '1.0', 'File: ../x.zip\n')].join('\n'),
    );
    expect(packages).toEqual([]);
    expect(refused.map(({ file }) => file)).toEqual(['a_b_1.0.tar.gz', 'demo_1.tar.gz', '../x.zip']);
    const windows = parseCranTree('bin/windows/contrib/4.5') as CranTree;
    expect((await read(row('demo', '1.0'), windows)).packages[0]!.file).toBe('demo_1.0.zip');
  });

  test('may describe another package than the file is of, or give no version of R', async () => {
    const strange = [row('acme', '1.0', 'File: demo_1.0.tar.gz\n'), row('demo', 'latest', 'File: demo_2.0.tar.gz\n')];
    const index = await read([...strange, row('demo', '3.0')].join('\n'));
    expect(index.refused.map(({ file }) => file)).toEqual(['demo_1.0.tar.gz', 'demo_2.0.tar.gz']);
    const { records } = listedTree({ index, current: new Map(), archive: undefined, before: new Map() });
    expect(records.map(({ file }) => file)).toEqual(['demo_3.0.tar.gz']);
  });

  test('may be empty, and packed or not', async () => {
    expect(await read('')).toEqual({ packages: [], refused: [] });
    expect((await readPackages(gzipSync(row('demo', '1.0')), tree, url)).packages).toHaveLength(1);
  });

  test.each(['<html>', '<html>\n<a href="x">x</a>', 'Title: x\n', '{"a": 1}', '\0\0'])('not %j', async (text) => {
    await expect(read(text)).rejects.toMatchObject({ code: 'upstream_malformed' });
  });
});

describe('packed indexes', () => {
  const plain = Buffer.alloc(100_000, 'sluice');

  test('of xz are unpacked, or refused', async () => {
    const packed = execFileSync('xz', ['-c'], { input: plain });
    expect(Buffer.compare(await unpack(packed, url), plain)).toBe(0);
    await expect(unpack(packed.subarray(0, -30), url)).rejects.toMatchObject({ code: 'upstream_malformed' });
  });

  test('that are bombs are refused', async () => {
    const bomb = unpack(gzipSync(plain), url, plain.length - 1);
    await expect(bomb).rejects.toMatchObject({ code: 'upstream_malformed', found: 'more' });
    expect(await unpack(gzipSync(plain), url, plain.length)).toHaveLength(plain.length);
  });

  test('of gzip that are cut are refused', async () => {
    await expect(unpack(gzipSync(plain).subarray(0, -30), url)).rejects.toMatchObject({ code: 'upstream_malformed' });
  });
});

describe('the records of a tree', () => {
  const times = (path: string): RFileTimes => ({ path, size: 12, mtime: 1_700_000_000.5 });
  const noTimes = new Map<string, RFileTimes>();
  async function records(text: string, archive: string[] | undefined, before: Record<string, string> = {}) {
    const listed = listedTree({
      index: await read(text),
      current: noTimes,
      archive: archive && new Map(archive.map((file) => [file, times(file)])),
      before: new Map(Object.entries(before)),
    });
    const text_ = (bytes: Uint8Array | null) => bytes && Buffer.from(bytes).toString();
    return Object.fromEntries(
      listed.records.map(({ file, body, extra }) => [file, [text_(body), JSON.parse(text_(extra) ?? 'null')]]),
    );
  }
  const archived = { size: 12, mtime: '2023-11-14T22:13:20.000Z', archived: true };

  test('of the archive keep the paragraph they had', async () => {
    const body = row('demo', '1.0', 'License: MIT\n');
    expect(
      await records(row('demo', '1.1'), ['demo_0.9.tar.gz', 'demo_1.0.tar.gz'], { 'demo_1.0.tar.gz': body }),
    ).toEqual({
      'demo_1.1.tar.gz': [row('demo', '1.1'), null],
      'demo_0.9.tar.gz': [row('demo', '0.9'), archived],
      'demo_1.0.tar.gz': [body, archived],
    });
  });

  test('of a package that is in the archive only are withdrawn', async () => {
    expect(await records(row('demo', '1.1'), ['gone_1.0.tar.gz'])).toMatchObject({
      'gone_1.0.tar.gz': [row('gone', '1.0'), { ...archived, withdrawn: true }],
    });
  });

  test('that were replaced stay where nothing is said of an archive; what is gone goes', async () => {
    const before = {
      'demo_1.0.tar.gz': row('demo', '1.0'),
      'gone_1.0.tar.gz': row('gone', '1.0'),
      'demo_2.0.tar.gz': '',
    };
    const now = await records(row('demo', '1.1'), undefined, before);
    expect(Object.keys(now)).toEqual(['demo_1.1.tar.gz', 'demo_1.0.tar.gz']);
    expect(now['demo_1.0.tar.gz']).toEqual([row('demo', '1.0'), { archived: true }]);
    expect(Object.keys(await records(row('demo', '1.1'), [], before))).toEqual(['demo_1.1.tar.gz']);
  });
});

test('Linux binaries have two homes, one of them for who says that he is R', () => {
  const linux = parseCranTree('__linux__/jammy/4.5') as CranTree;
  const homes = treeHomes(parseSourceAddress('https://up/cran'), linux);
  expect(homes).toEqual([
    { url: 'https://up/cran/__linux__/jammy/4.5', headers: {} },
    {
      url: 'https://up/cran/__linux__/jammy/latest/src/contrib',
      headers: { 'user-agent': 'R (4.5.0 x86_64-pc-linux-gnu x86_64 linux-gnu)' },
    },
  ]);
  expect(homes.map(({ url: at }) => homeAt(at, linux))).toEqual(homes);
  expect(treeHomes(parseSourceAddress('https://up/cran'), tree)).toEqual([
    { url: 'https://up/cran/src/contrib', headers: {} },
  ]);
});
