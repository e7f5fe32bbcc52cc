import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import {
  type BuiltPackage,
  buildCondaFile,
  buildCondaPackage,
  buildTar,
  buildZip,
  encodeBzip2,
  type TarItem,
  type ZipItem,
} from '@sluice/testkit';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { RandomAccess } from '../random-access.ts';
import { type InspectOptions, inspectConda } from './inspect-conda.ts';

const fixtures = join(import.meta.dirname, '../../../testkit/fixtures');
const folder = mkdtempSync(join(tmpdir(), 'sluice-archives-'));
afterAll(() => rmSync(folder, { recursive: true }));

const accessTo = (bytes: Buffer): RandomAccess => ({
  size: bytes.length,
  read: async (position, length) => bytes.subarray(position, position + length),
});

const inspect = (bytes: Buffer, fileName = 'pkg-1.0-0.conda', options?: InspectOptions) =>
  inspectConda(accessTo(bytes), fileName, options);

const packages = readdirSync(join(fixtures, 'conda'), { recursive: true, encoding: 'utf8' }).filter((name) =>
  /\.(conda|bz2)$/.test(name),
);

describe('further files', () => {
  const patches = 'conda-forge-repodata-patches-20180828-0.tar.bz2';
  const path = join(fixtures, 'conda/noarch', patches);
  const wants = (file: string) => file.endsWith('/patch_instructions.json');

  test('are read when they are asked for', async () => {
    const { also } = await inspectConda(path, patches, { also: { wants, bytes: 1_000_000 } });
    expect([...also.keys()].sort()).toEqual(
      ['linux-64', 'linux-armv7l', 'linux-ppc64le', 'noarch', 'osx-64', 'win-32', 'win-64'].map(
        (subdir) => `${subdir}/patch_instructions.json`,
      ),
    );
    expect(JSON.parse(Buffer.from(also.get('noarch/patch_instructions.json')!).toString())).toEqual({
      packages: {},
      patch_instructions_version: 1,
      remove: ['sendgrid-5.3.0-py_0.tar.bz2'],
      revoke: [],
    });
    expect((await inspectConda(path, patches)).also.size).toBe(0);
  });

  test('are refused when they are larger together than asked for', async () => {
    const reading = inspectConda(path, patches, { also: { wants, bytes: 900_000 } });
    await expect(reading).rejects.toMatchObject({ code: 'too_large' });
  });
});

describe('the real packages', () => {
  test('are all here', () => {
    expect(packages.length).toBe(47);
  });

  test.each(packages)('%s inspects cleanly', async (name) => {
    const [subdir, fileName] = name.split('/') as [string, string];
    const path = join(fixtures, 'conda', name);
    const full = await inspectConda(path, fileName);
    const { name: packageName, version, build, subdir: said } = full.index;
    expect(fileName).toMatch(new RegExp(`^${packageName}-${version}-${build}\\.(conda|tar\\.bz2)$`));
    expect(said ?? subdir).toBe(subdir);
    expect(full.unreadable).toEqual([]);
    expect(full.paths).toBeDefined();
    const { entries: _, bytes: __, ...metadata } = full;
    expect(await inspectConda(path, fileName, { level: 'info' })).toMatchObject(metadata);
  });

  test.each([
    'linux-64/zlib-1.2.11-h7b6447c_3',
    'osx-64/mock-2.0.0-py37_1000',
    'osx-64/zlib-1.2.11-h1de35cc_3',
    'win-32/zlib-1.2.11-h62dcd97_3',
    'win-64/zlib-1.2.11-h62dcd97_3',
  ])('%s says the same in both formats', async (stem) => {
    const [conda, bz2] = await Promise.all(
      ['.conda', '.tar.bz2'].map((type) => inspectConda(join(fixtures, 'conda', stem + type), stem + type)),
    );
    expect(conda!.index).toEqual(bz2!.index);
    expect(conda!.about).toEqual(bz2!.about);
    expect(conda!.paths).toEqual(bz2!.paths);
    expect(conda!.runExports).toEqual(bz2!.runExports);
  });

  test('the one that somebody zipped again is refused, and why is said', async () => {
    const fileName = 'ca-certificates-2024.7.4-hbcca054_0.conda';
    await expect(inspectConda(join(fixtures, 'malformed', fileName), fileName)).rejects.toMatchObject({
      code: 'zip_member_unexpected',
      entry: 'Users/jcorreia/Downloads/ca-certificates-2024.7.4-hbcca054_0/',
    });
  });
});

describe.each(['conda', 'tar.bz2'] as const)('a built .%s', (format) => {
  test('gives back what was put in', async () => {
    const about = { summary: 'a package', license: 'MIT' };
    const runExports = { weak: ['libfoo >=1,<2'] };
    const { fileName, bytes, index } = await buildCondaPackage({
      name: 'foo',
      subdir: 'linux-64',
      depends: ['bar >=1'],
      about,
      runExports,
      files: {
        'etc/conda/activate.d/foo.sh': 'export FOO=1',
        'bin/.foo-pre-unlink.sh': 'exit 0',
        'lib/libfoo.so': Buffer.alloc(1000),
      },
      info: {
        'link.json': '{"noarch": {"type": "python"}}',
        'security.json': '{"schema_version": 1}',
        'README.md': '# foo',
      },
      format,
    });
    expect(await inspect(bytes, fileName)).toMatchObject({
      format,
      index,
      about,
      runExports,
      link: { noarch: { type: 'python' } },
      security: { schema_version: 1 },
      readme: '# foo',
      paths: { count: 3, activateD: true, deactivateD: false, preUnlink: true, postLink: false, hasPrefixText: false },
      unreadable: [],
    });
  });

  test('keeps the text of the metadata as it was', async () => {
    const text = '{ "name":"foo",\n"version" : "1.0", "ünï": 1e2 }';
    const { fileName, bytes } = await buildCondaPackage({ name: 'foo', info: { 'index.json': text }, format });
    expect((await inspect(bytes, fileName)).texts.get('info/index.json')).toBe(text);
  });

  test('has files and has_prefix where paths.json is missing', async () => {
    const items: TarItem[] = [
      { path: 'info/index.json', content: '{"name": "old"}' },
      { path: 'info/files', content: 'bin/a\nbin/b\netc/conda/deactivate.d/x.sh\n' },
      { path: 'info/has_prefix', content: '"/opt/long prefix" binary bin/a\nbin/b\n' },
    ];
    const bytes =
      format === 'conda' ? await buildCondaFile('old-1-0.conda', items, []) : encodeBzip2(await buildTar(items));
    expect((await inspect(bytes, `old-1-0.${format}`)).paths).toMatchObject({
      count: 3,
      hasPrefixBinary: true,
      hasPrefixText: true,
      deactivateD: true,
    });
  });

  test('is not refused for metadata that no client needs', async () => {
    const info = { 'about.json': '["no object"]', 'paths.json': '{"paths": [', 'run_exports.json': 'NaN' };
    const { fileName, bytes } = await buildCondaPackage({ name: 'foo', info, format });
    const { about, paths, runExports, unreadable } = await inspect(bytes, fileName);
    expect({ about, paths, runExports }).toEqual({ about: undefined, paths: undefined, runExports: undefined });
    expect(unreadable).toEqual(['info/about.json', 'info/run_exports.json', 'info/paths.json']);
  });

  const index: TarItem = { path: 'info/index.json', content: '{"name": "pkg"}' };
  const of = async (...items: TarItem[]) => {
    if (format === 'tar.bz2') return encodeBzip2(await buildTar(items));
    const inInfo = ({ path }: TarItem) => /^(\.\/)?info(\/|$)/i.test(path);
    return buildCondaFile(
      'pkg-1.0-0.conda',
      items.filter(inInfo),
      items.filter((item) => !inInfo(item)),
    );
  };

  test.each<[string, TarItem[], string, string?]>([
    ['an absolute path', [{ path: '/etc/passwd' }], 'path_absolute', '/etc/passwd'],
    ['a path that leads up', [{ path: 'lib/../../evil' }], 'path_parent', 'lib/../../evil'],
    [
      'a link out of the package',
      [{ path: 'lib/evil', type: 'symlink', target: '../../etc' }],
      'link_escape',
      'lib/evil',
    ],
    ['an absolute link', [{ path: 'evil', type: 'symlink', target: '/etc' }], 'link_escape', 'evil'],
    [
      'a hard link out of the package',
      [{ path: 'evil', type: 'link', target: '../../etc/passwd' }],
      'link_escape',
      'evil',
    ],
    [
      'a file behind a link',
      [{ path: 'd', type: 'symlink', target: 'lib' }, { path: 'd/evil' }],
      'link_escape',
      'd/evil',
    ],
    [
      'a hard link behind a link',
      [
        { path: 'd', type: 'symlink', target: 'lib' },
        { path: 'evil', type: 'link', target: 'd/x' },
      ],
      'link_escape',
    ],
    ['a device', [{ path: 'dev/sda', type: 'character-device' }], 'device_entry', 'dev/sda'],
    ['a pipe', [{ path: 'pipe', type: 'fifo' }], 'device_entry', 'pipe'],
    ['a second index.json', [index], 'path_duplicate_index', 'info/index.json'],
    ['a second index.json by another spelling', [{ ...index, path: './info//index.json' }], 'path_duplicate_index'],
    ['a second index.json where case does not count', [{ ...index, path: 'info/INDEX.json' }], 'path_duplicate_index'],
    [
      'a second paths.json',
      [{ path: 'info/paths.json' }, { path: 'info/paths.json' }],
      'path_duplicate',
      'info/paths.json',
    ],
    ['records of conda', [{ path: 'conda-meta/pkg.json' }], 'path_reserved', 'conda-meta/pkg.json'],
    ['the history of conda', [{ path: 'Conda-Meta/history' }], 'path_reserved'],
    ['the repodata record', [{ path: 'info/repodata_record.json' }], 'path_reserved', 'info/repodata_record.json'],
    ['a link for the info folder', [{ path: 'info', type: 'symlink', target: 'share' }], 'path_reserved', 'info'],
  ])('with %s is refused', async (_, items, code, entry) => {
    const refusal = entry === undefined ? { code } : { code, entry };
    await expect(inspect(await of(index, ...items), `pkg-1.0-0.${format}`)).rejects.toMatchObject({
      name: 'ArchiveError',
      ...refusal,
    });
  });

  test.each<[string, TarItem[], string]>([
    ['no index.json', [{ path: 'info/about.json', content: '{}' }], 'missing_index_json'],
    [
      'a link for index.json',
      [{ path: 'info/index.json', type: 'symlink', target: 'other.json' }],
      'missing_index_json',
    ],
    ['an index.json that is no JSON', [{ path: 'info/index.json', content: '<html>' }], 'info_json_invalid'],
    ['an index.json that is no object', [{ path: 'info/index.json', content: '[]' }], 'info_json_invalid'],
    [
      'an index.json in Latin-1',
      [{ path: 'info/index.json', content: Buffer.from('{"a":"\xfc"}', 'latin1') }],
      'info_json_invalid',
    ],
  ])('with %s is refused', async (_, items, code) => {
    await expect(inspect(await of(...items), `pkg-1.0-0.${format}`)).rejects.toMatchObject({ code });
  });

  test('is refused when it is a web page', async () => {
    const page = Buffer.from('<!DOCTYPE html>\n<html><body>Not Found</body></html>');
    await expect(inspect(page, `pkg-1.0-0.${format}`)).rejects.toMatchObject({ code: 'not_an_archive' });
  });

  test('is refused under a name of neither format', async () => {
    await expect(inspect(await of(index), 'pkg-1.0-0.zip')).rejects.toMatchObject({ code: 'not_an_archive' });
  });

  test('is refused, and soon, wherever it is cut or damaged', async () => {
    const { fileName, bytes } = await buildCondaPackage({
      name: 'foo',
      files: { 'bin/foo': 'x'.repeat(5000) },
      format,
    });
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), async (length) => {
        await expect(inspect(bytes.subarray(0, length), fileName)).rejects.toHaveProperty('name', 'ArchiveError');
      }),
      { numRuns: 100 },
    );
    const change = fc.record({ at: fc.nat(bytes.length - 1), byte: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 5 }), async (changes) => {
        const damaged = Buffer.from(bytes);
        for (const { at, byte } of changes) damaged[at] = byte;
        const outcome = await inspect(damaged, fileName).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toHaveProperty('name', 'ArchiveError');
      }),
      { numRuns: 200 },
    );
  });

  describe('limits', async () => {
    const zeros = Buffer.alloc(3_000_000);
    const { fileName, bytes }: BuiltPackage = await buildCondaPackage({
      name: 'foo',
      files: { 'a/b/c/d': 'deep', zeros, other: 'x' },
      about: { description: 'y'.repeat(2000) },
      format,
    });

    test.each<[string, InspectOptions, string]>([
      ['entries', { limits: { entries: 5 } }, 'too_many_entries'],
      ['bytes', { limits: { bytes: 2_000_000 } }, 'too_large'],
      ['fileBytes', { limits: { fileBytes: 2_999_999 } }, 'too_large'],
      ['infoBytes', { limits: { infoBytes: 2000 } }, 'too_large'],
      ['pathsBytes', { limits: { pathsBytes: 300 } }, 'too_large'],
      ['depth', { limits: { depth: 3 } }, 'too_deep'],
    ])('%s bites', async (_, options, code) => {
      await expect(inspect(bytes, fileName, options)).rejects.toMatchObject({ name: 'ArchiveError', code });
    });

    test('timeMs bites, by the clock given', async () => {
      let ms = 0;
      const now = () => (ms += 100);
      await expect(inspect(bytes, fileName, { limits: { timeMs: 150 }, now })).rejects.toMatchObject({
        code: 'too_slow',
      });
    });

    test('each lets pass what just fits', async () => {
      const limits = {
        entries: 6,
        bytes: 3_100_000,
        fileBytes: 3_000_000,
        infoBytes: 2100,
        pathsBytes: 1000,
        depth: 4,
      };
      expect((await inspect(bytes, fileName, { limits })).entries).toBe(6);
    });
  });
});

describe('a .conda', () => {
  const info: TarItem[] = [{ path: 'info/index.json', content: '{"name": "pkg"}' }];
  const metadata: ZipItem = { name: 'metadata.json', content: '{"conda_pkg_format_version": 2}' };
  const tar = async (items: TarItem[]) => zstdCompressSync(await buildTar(items));
  const infoMember = async (): Promise<ZipItem> => ({ name: 'info-pkg.tar.zst', content: await tar(info) });
  const payloadMember = async (): Promise<ZipItem> => ({
    name: 'pkg-pkg.tar.zst',
    content: await tar([{ path: 'bin/x' }]),
  });

  test('may have its members in any order', async () => {
    const bytes = await buildZip([await infoMember(), metadata, await payloadMember()]);
    expect((await inspect(bytes)).index).toEqual({ name: 'pkg' });
  });

  test('may have several zstd frames, of which the second holds the index', async () => {
    const [one, two] = [await buildTar([{ path: 'info/about.json', content: '{}' }]), await buildTar(info)];
    const frames = Buffer.concat([zstdCompressSync(one.subarray(0, 1024)), zstdCompressSync(two)]);
    const bytes = await buildZip([metadata, { name: 'info-pkg.tar.zst', content: frames }, await payloadMember()]);
    expect((await inspect(bytes)).index).toEqual({ name: 'pkg' });
  });

  test.each<[string, () => Promise<ZipItem[]>, string]>([
    [
      'a member more',
      async () => [metadata, await infoMember(), await payloadMember(), { name: 'extra', content: '' }],
      'zip_member_unexpected',
    ],
    [
      'two info members',
      async () => [
        metadata,
        await infoMember(),
        await payloadMember(),
        { ...(await infoMember()), name: 'info-2.tar.zst' },
      ],
      'zip_member_unexpected',
    ],
    [
      'members in a folder',
      async () => [{ ...metadata, name: 'x/metadata.json' }, await infoMember(), await payloadMember()],
      'zip_member_unexpected',
    ],
    ['no metadata.json', async () => [await infoMember(), await payloadMember()], 'zip_member_missing'],
    ['no info', async () => [metadata, await payloadMember()], 'zip_member_missing'],
    ['no payload', async () => [metadata, await infoMember()], 'zip_member_missing'],
    [
      'a compressed member',
      async () => [metadata, { ...(await infoMember()), compress: true }, await payloadMember()],
      'zip_member_compressed',
    ],
    [
      'format version 3',
      async () => [
        { ...metadata, content: '{"conda_pkg_format_version": 3}' },
        await infoMember(),
        await payloadMember(),
      ],
      'conda_format_version',
    ],
    [
      'metadata that is no JSON',
      async () => [{ ...metadata, content: 'two' }, await infoMember(), await payloadMember()],
      'conda_format_version',
    ],
    [
      'garbage after the info tar',
      async () => [
        metadata,
        { name: 'info-pkg.tar.zst', content: Buffer.concat([await tar(info), Buffer.from('evil')]) },
        await payloadMember(),
      ],
      'trailing_garbage',
    ],
  ])('with %s is refused', async (_, items, code) => {
    await expect(inspect(await buildZip(await items()))).rejects.toMatchObject({ name: 'ArchiveError', code });
  });

  test('whose payload brings an index.json is refused', async () => {
    await expect(inspect(await buildCondaFile('pkg.conda', info, info))).rejects.toMatchObject({
      code: 'path_duplicate_index',
    });
  });

  test('whose payload brings other metadata is refused', async () => {
    const bytes = await buildCondaFile('pkg.conda', info, [{ path: 'info/link.json', content: '{}' }]);
    await expect(inspect(bytes)).rejects.toMatchObject({ code: 'path_reserved', entry: 'info/link.json' });
  });

  test('that unpacks to a thousand times its size is refused', async () => {
    const bytes = await buildCondaFile('pkg.conda', info, [{ path: 'bomb', content: Buffer.alloc(80 * 2 ** 20) }]);
    await expect(inspect(bytes)).rejects.toMatchObject({ code: 'ratio' });
  });

  test('at level info leaves the payload alone', async () => {
    const bytes = await buildCondaFile('pkg.conda', info, [{ path: '../evil' }]);
    expect((await inspect(bytes, 'pkg.conda', { level: 'info' })).index).toEqual({ name: 'pkg' });
  });

  test('of 5 GiB, by zip64, is accepted', async () => {
    const small = await buildZip([metadata, await infoMember(), { name: 'pkg-pkg.tar.zst', content: '' }]);
    expect((await inspectConda(withLargePayload(small, 5 * 2 ** 30), 'pkg.conda', { level: 'info' })).index).toEqual({
      name: 'pkg',
    });
  });

  test('is read from a path', async () => {
    const path = join(folder, 'pkg.conda');
    writeFileSync(path, await buildCondaFile('pkg.conda', info, []));
    expect((await inspectConda(path, 'pkg.conda')).index).toEqual({ name: 'pkg' });
    await expect(inspectConda(join(folder, 'missing.conda'), 'missing.conda')).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });
});

describe('a .tar.bz2', () => {
  test('at level info is read up to the end of its metadata', async () => {
    const items: TarItem[] = [
      { path: 'info/index.json', content: '{"name": "pkg"}' },
      { path: 'lib/large', content: Buffer.alloc(2_000_000) },
      { path: '../evil' },
    ];
    const bytes = encodeBzip2(await buildTar(items));
    expect((await inspect(bytes, 'pkg-1.0-0.tar.bz2', { level: 'info' })).entries).toBe(2);
    await expect(inspect(bytes, 'pkg-1.0-0.tar.bz2')).rejects.toMatchObject({ code: 'path_parent' });
  });
});

/** The zip with its last member, which is empty, grown to `size` zeros, as Python's zipfile would have written it. */
function withLargePayload(zip: Buffer, size: number): RandomAccess {
  const local = zip.lastIndexOf(Buffer.from('PK\x03\x04', 'latin1'));
  const central = zip.lastIndexOf(Buffer.from('PK\x01\x02', 'latin1'));
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  const sizes = Buffer.alloc(20);
  sizes.writeUInt16LE(1, 0);
  sizes.writeUInt16LE(16, 2);
  sizes.writeBigUInt64LE(BigInt(size), 4);
  sizes.writeBigUInt64LE(BigInt(size), 12);

  const directory = zip.indexOf(Buffer.from('PK\x01\x02', 'latin1'));
  const head = Buffer.concat([zip.subarray(0, directory), sizes]);
  head.fill(0xff, local + 18, local + 26);
  head.writeUInt16LE(20, local + 28);
  const entries = Buffer.concat([zip.subarray(directory, end), sizes]);
  entries.fill(0xff, central - directory + 20, central - directory + 28);
  entries.writeUInt16LE(20, central - directory + 30);

  const start = head.length + size;
  const end64 = Buffer.alloc(56);
  end64.write('PK\x06\x06', 'latin1');
  end64.writeBigUInt64LE(44n, 4);
  end64.writeBigUInt64LE(3n, 24);
  end64.writeBigUInt64LE(3n, 32);
  end64.writeBigUInt64LE(BigInt(entries.length), 40);
  end64.writeBigUInt64LE(BigInt(start), 48);
  const locator = Buffer.alloc(20);
  locator.write('PK\x06\x07', 'latin1');
  locator.writeBigUInt64LE(BigInt(start + entries.length), 8);
  locator.writeUInt32LE(1, 16);
  const last = Buffer.from(zip.subarray(end));
  last.writeUInt32LE(entries.length, 12);
  last.fill(0xff, 16, 20);

  const tail = Buffer.concat([entries, end64, locator, last]);
  return {
    size: start + tail.length,
    async read(position, length) {
      if (position < head.length) return head.subarray(position, position + length);
      if (position < start) return Buffer.alloc(Math.min(length, start - position));
      return tail.subarray(position - start, position - start + length);
    },
  };
}
