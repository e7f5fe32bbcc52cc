import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildSdist, buildTar, buildZip, type TarItem } from '@sluice/testkit';
import { describe, expect, test } from 'vitest';
import type { RandomAccess } from '../random-access.ts';
import { inspectSdist } from './inspect-sdist.ts';

const accessTo = (bytes: Buffer): RandomAccess => ({
  size: bytes.length,
  read: async (position, length) => bytes.subarray(position, position + length),
});

const PKG_INFO = 'Metadata-Version: 2.2\nName: foo\nVersion: 1.0\n';

const inspectTar = async (items: readonly TarItem[], fileName = 'foo-1.0.tar.gz') =>
  inspectSdist(accessTo(gzipSync(await buildTar(items))), fileName);

test('a real source distribution is read', async () => {
  const path = join(import.meta.dirname, '../../../testkit/fixtures/python/six-1.17.0.tar.gz');
  const found = await inspectSdist(path, 'six-1.17.0.tar.gz');
  expect(found).toMatchObject({
    file: { name: 'six', version: { text: '1.17.0' } },
    folder: 'six-1.17.0',
    hasPyproject: false,
    entries: 19,
    metadata: { name: 'six', version: '1.17.0', license: 'MIT' },
  });
});

test.each(['tar.gz', 'zip'] as const)('a built .%s gives back what was put in', async (extension) => {
  const { fileName, bytes, metadata } = await buildSdist({
    name: 'Foo.Bar',
    version: '1.0rc1',
    extension,
    description: 'Ünï\n',
  });
  const found = await inspectSdist(accessTo(bytes), fileName);
  expect(found.metadataBytes.toString()).toBe(metadata);
  expect(found).toMatchObject({ folder: 'foo_bar-1.0rc1', hasPyproject: true, metadata: { description: 'Ünï\n' } });
});

test('where the project is known, its name and version are told apart', async () => {
  const bytes = gzipSync(
    await buildTar([{ path: 'foo-1.0-1/PKG-INFO', content: PKG_INFO.replace('1.0', '1.0.post1') }]),
  );
  const found = await inspectSdist(accessTo(bytes), 'foo-1.0-1.tar.gz', { project: 'foo' });
  expect(found.file.version.text).toBe('1.0.post1');
});

describe('a source distribution is refused', () => {
  test.each<[string, TarItem[], string]>([
    ['without metadata', [{ path: 'foo-1.0/setup.py', content: '' }], 'metadata_missing'],
    ['with metadata at the wrong place', [{ path: 'foo-1.0/src/PKG-INFO', content: PKG_INFO }], 'metadata_missing'],
    ['with a file at the top', [{ path: 'PKG-INFO', content: PKG_INFO }], 'package_folder'],
    [
      'with two folders',
      [
        { path: 'foo-1.0/PKG-INFO', content: PKG_INFO },
        { path: 'bar/a', content: '' },
      ],
      'package_folder',
    ],
    [
      'with metadata twice',
      [
        { path: 'foo-1.0/PKG-INFO', content: PKG_INFO },
        { path: 'foo-1.0/./PKG-INFO', content: PKG_INFO },
      ],
      'path_duplicate',
    ],
    [
      'with metadata in other letters too',
      [
        { path: 'foo-1.0/PKG-INFO', content: PKG_INFO },
        { path: 'foo-1.0/pkg-info', content: '' },
      ],
      'path_duplicate',
    ],
    ['with a link for metadata', [{ path: 'foo-1.0/PKG-INFO', type: 'symlink', target: 'other' }], 'metadata_missing'],
    ['of another name', [{ path: 'foo-1.0/PKG-INFO', content: PKG_INFO.replace('foo', 'bar') }], 'metadata_mismatch'],
    [
      'of another version',
      [{ path: 'foo-1.0/PKG-INFO', content: PKG_INFO.replace('1.0', '2.0') }],
      'metadata_mismatch',
    ],
    ['with a path that leads out', [{ path: 'foo-1.0/../../evil', content: '' }], 'path_parent'],
    ['with an absolute path', [{ path: '/etc/passwd', content: '' }], 'path_absolute'],
    ['with a link that leads out', [{ path: 'foo-1.0/a', type: 'symlink', target: '../../etc' }], 'link_escape'],
    [
      'with an entry below a link',
      [
        { path: 'foo-1.0/a', type: 'symlink', target: 'b' },
        { path: 'foo-1.0/a/c', content: '' },
      ],
      'link_escape',
    ],
    [
      'with a hard link that leads out',
      [{ path: 'foo-1.0/a', type: 'link', target: '../../etc/passwd' }],
      'link_escape',
    ],
  ])('%s', async (_, items, code) => {
    await expect(inspectTar(items)).rejects.toMatchObject({ code });
  });

  test.each([
    ['that is no archive', Buffer.from('<html></html>'), 'not_an_archive'],
    ['that is empty inside', gzipSync(Buffer.alloc(1024)), 'package_folder'],
    ['that is cut', gzipSync(Buffer.alloc(1024)).subarray(0, 20), 'truncated'],
  ])('%s', async (_, bytes, code) => {
    await expect(inspectSdist(accessTo(bytes), 'foo-1.0.tar.gz')).rejects.toMatchObject({ code });
  });

  test('that unpacks to a thousand times its size, whatever it holds', async () => {
    const items = [{ path: 'foo-1.0/zeros', content: Buffer.alloc(80 * 2 ** 20) }];
    await expect(inspectTar(items)).rejects.toMatchObject({ code: 'ratio' });
  });

  test.each(['foo-1.0.tar.bz2', 'foo.tar.gz', 'foo-1.0-py3-none-any.whl'])('under the name %s', async (fileName) => {
    await expect(inspectTar([], fileName)).rejects.toMatchObject({ code: 'not_an_archive' });
  });

  test('whose zip has a path that leads out', async () => {
    const zip = await buildZip([
      { name: 'foo-1.0/PKG-INFO', content: PKG_INFO },
      { name: 'foo-1.0/aa/bb', content: '' },
    ]);
    const evil = Buffer.from(zip.toString('latin1').replaceAll('foo-1.0/aa/bb', 'foo-1.0\\..\\..'), 'latin1');
    await expect(inspectSdist(accessTo(evil), 'foo-1.0.zip')).rejects.toMatchObject({ code: 'path_parent' });
  });
});
