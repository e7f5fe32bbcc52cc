import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildWheel, buildZip, type WheelOptions } from '@sluice/testkit';
import { describe, expect, test } from 'vitest';
import type { RandomAccess } from '../random-access.ts';
import { inspectWheel, readWheelMetadata } from './inspect-wheel.ts';

const six = join(import.meta.dirname, '../../../testkit/fixtures/python/six-1.17.0-py2.py3-none-any.whl');

const accessTo = (bytes: Buffer): RandomAccess => ({
  size: bytes.length,
  read: async (position, length) => bytes.subarray(position, position + length),
});

const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');

/** A name in a built zip, both of its headers, replaced by one as long. */
function renamed(zip: Buffer, from: string, to: string): Buffer {
  return Buffer.from(zip.toString('latin1').replaceAll(from, to), 'latin1');
}

test('a real wheel is read', async () => {
  const found = await inspectWheel(six, 'six-1.17.0-py2.py3-none-any.whl');
  expect(found.file).toMatchObject({ name: 'six', version: { text: '1.17.0' }, tagText: 'py2.py3-none-any' });
  expect(found.metadata).toMatchObject({ name: 'six', version: '1.17.0', license: 'MIT', metadataVersion: '2.1' });
  expect(found.metadataBytes.subarray(0, 21).toString()).toBe('Metadata-Version: 2.1');
  expect(found.metadataSha256).toBe(sha256(found.metadataBytes));
  expect(found.wheel).toEqual({
    version: '1.0',
    generator: 'setuptools (75.6.0)',
    rootIsPurelib: true,
    tags: ['py2-none-any', 'py3-none-any'],
    build: undefined,
  });
  expect(found).toMatchObject({ distInfo: 'six-1.17.0.dist-info', entries: 6 });
  expect(found.paths).toContain('six.py');
});

test('its metadata alone is read by a few reads of the end and the member', async () => {
  const bytes = readFileSync(six);
  let read = 0;
  const access: RandomAccess = {
    size: bytes.length,
    read: async (position, length) => {
      read += length;
      return bytes.subarray(position, position + length);
    },
  };
  const { metadata, metadataSha256 } = await readWheelMetadata(access, 'six-1.17.0-py2.py3-none-any.whl');
  expect(metadata.name).toBe('six');
  expect(metadataSha256).toBe((await inspectWheel(six, 'six-1.17.0-py2.py3-none-any.whl')).metadataSha256);
  expect(read).toBeLessThan(bytes.length / 4);
});

test('a built wheel gives back what was put in', async () => {
  const { fileName, bytes, metadata } = await buildWheel({
    name: 'Foo.Bar',
    version: '1.0+local.1',
    build: '2build',
    tag: 'cp312-abi3-win_amd64.win_arm64',
    fields: { 'Requires-Dist': ['a', 'b>1'] },
  });
  const found = await inspectWheel(accessTo(bytes), fileName);
  expect(found.metadataBytes.toString()).toBe(metadata);
  expect(found.metadata.requiresDist).toEqual(['a', 'b>1']);
  expect(found.wheel).toMatchObject({ build: '2build', tags: ['cp312-abi3-win_amd64', 'cp312-abi3-win_arm64'] });
  expect(found.file.build).toEqual({ number: 2, suffix: 'build' });
});

describe('a wheel is refused', () => {
  const D = 'foo-1.0.dist-info';

  test.each<[string, Partial<WheelOptions>, string, string?]>([
    ['without METADATA', { files: { [`${D}/METADATA`]: undefined } }, 'metadata_missing'],
    ['without WHEEL', { files: { [`${D}/WHEEL`]: undefined } }, 'metadata_missing'],
    [
      'with metadata of another name',
      { files: { [`${D}/METADATA`]: 'Metadata-Version: 2.1\nName: bar\nVersion: 1.0\n' } },
      'metadata_mismatch',
    ],
    [
      'with metadata of another version',
      { files: { [`${D}/METADATA`]: 'Metadata-Version: 2.1\nName: foo\nVersion: 1.1\n' } },
      'metadata_mismatch',
    ],
    ['with two names', { fields: { Name: 'bar' } }, 'metadata_invalid'],
    ['with metadata of nothing', { files: { [`${D}/METADATA`]: '' } }, 'metadata_invalid'],
    ['of a later format', { files: { [`${D}/WHEEL`]: 'Wheel-Version: 2.0\n' } }, 'metadata_invalid'],
    ['with a second folder of metadata', { files: { 'bar-1.0.dist-info/METADATA': 'x' } }, 'package_folder'],
    ['with a second folder in other letters', { files: { 'Foo-1.0.Dist-Info/more': 'x' } }, 'package_folder'],
    ['with metadata in other letters too', { files: { [`${D}/Metadata`]: 'x' } }, 'path_duplicate'],
    [
      'with a file that RECORD does not list',
      { record: `foo/__init__.py,,\n${D}/METADATA,,\n${D}/RECORD,,\n` },
      'record_mismatch',
    ],
    [
      'without a file that RECORD lists',
      { record: `foo/__init__.py,,\n${D}/METADATA,,\n${D}/WHEEL,,\nfoo/more.py,,\n` },
      'record_mismatch',
    ],
    [
      'with another digest',
      {
        record: `foo/__init__.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,\n${D}/METADATA,,\n${D}/WHEEL,,\n`,
      },
      'record_mismatch',
    ],
    ['with another size', { record: `foo/__init__.py,,1\n${D}/METADATA,,\n${D}/WHEEL,,\n` }, 'record_mismatch'],
    ['with a weak digest', { record: `foo/__init__.py,md5=abc,\n${D}/METADATA,,\n${D}/WHEEL,,\n` }, 'record_mismatch'],
    [
      'with two lines for a file',
      { record: `foo/__init__.py,,\nfoo/__init__.py,,\n${D}/METADATA,,\n${D}/WHEEL,,\n` },
      'record_mismatch',
    ],
  ])('%s', async (_, options, code) => {
    const { fileName, bytes } = await buildWheel({ name: 'foo', ...options });
    await expect(inspectWheel(accessTo(bytes), fileName)).rejects.toMatchObject({ code });
  });

  test.each([
    ['under another name', 'bar-1.0-py3-none-any.whl', 'package_folder'],
    ['under another version', 'foo-1.1-py3-none-any.whl', 'package_folder'],
    ['under no name of a wheel', 'foo-1.0.whl', 'not_an_archive'],
    ['under the name of a source distribution', 'foo-1.0.tar.gz', 'not_an_archive'],
  ])('%s', async (_, fileName, code) => {
    const { bytes } = await buildWheel({ name: 'foo' });
    await expect(inspectWheel(accessTo(bytes), fileName)).rejects.toMatchObject({ code });
    await expect(readWheelMetadata(accessTo(bytes), fileName)).rejects.toMatchObject({ code });
  });

  test.each([
    ['a path that leads out', 'foo/aa/evil.py', 'foo/../../e.py', 'path_parent'],
    ['an absolute path', 'foo/aa/evil.py', '/oo/aa/evil.py', 'path_absolute'],
    ['a path twice', 'foo/__init2_.py', 'foo/__init__.py', 'path_duplicate'],
    ['a path twice as Windows reads it', 'foo/__init2_.py', 'foo\\__init__.py', 'path_duplicate'],
    [
      'a folder of metadata as Windows reads it',
      'fooo1.0.dist-info/RECORDS',
      'bar-1.0.dist-info\\RECORDS',
      'package_folder',
    ],
  ])('with %s', async (_, from, to, code) => {
    const { fileName, bytes } = await buildWheel({ name: 'foo', files: { [from]: 'x' } });
    await expect(inspectWheel(accessTo(renamed(bytes, from, to)), fileName)).rejects.toMatchObject({ code });
  });

  test('that has something before or behind it', async () => {
    const { fileName, bytes } = await buildWheel({ name: 'foo' });
    const before = Buffer.concat([Buffer.from('#!/bin/sh\n'), bytes]);
    await expect(inspectWheel(accessTo(before), fileName)).rejects.toMatchObject({
      code: 'zip_local_central_mismatch',
    });
    const behind = Buffer.concat([bytes, Buffer.from('x')]);
    await expect(inspectWheel(accessTo(behind), fileName)).rejects.toMatchObject({ code: 'trailing_garbage' });
  });

  test('that passes a limit', async () => {
    const { fileName, bytes } = await buildWheel({ name: 'foo', files: { 'foo/large.txt': 'x'.repeat(10_000) } });
    const inspect = (limits: object) => inspectWheel(accessTo(bytes), fileName, { limits });
    await expect(inspect({ fileBytes: 9000 })).rejects.toMatchObject({ code: 'too_large' });
    await expect(inspect({ bytes: 9000 })).rejects.toMatchObject({ code: 'too_large' });
    await expect(inspect({ entries: 4 })).rejects.toMatchObject({ code: 'too_many_entries' });
    await expect(inspect({ depth: 1 })).rejects.toMatchObject({ code: 'too_deep' });
  });

  test('and soon, wherever it is cut or damaged', async () => {
    const { fileName, bytes } = await buildWheel({ name: 'foo' });
    for (let at = 0; at < bytes.length; at += 7) {
      await expect(inspectWheel(accessTo(bytes.subarray(0, at)), fileName)).rejects.toMatchObject({
        name: 'ArchiveError',
      });
    }
  });
});

test('wheels of others may have a careless RECORD', async () => {
  const { fileName, bytes } = await buildWheel({ name: 'foo', record: 'nothing,of,the,kind' });
  expect((await inspectWheel(accessTo(bytes), fileName, { record: 'ignore' })).metadata.name).toBe('foo');
  await expect(inspectWheel(accessTo(bytes), fileName)).rejects.toMatchObject({ code: 'record_mismatch' });
});

test('level info holds only what it reads against RECORD', async () => {
  const D = 'foo-1.0.dist-info';
  const record = (file: string) => `${file},sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,\n`;
  const lines = ['foo/__init__.py', `${D}/METADATA`, `${D}/WHEEL`];
  const withWrong = (wrong: string) => lines.map((line) => (line === wrong ? record(line) : `${line},,\n`)).join('');
  const inspect = async (wrong: string) => {
    const { fileName, bytes } = await buildWheel({ name: 'foo', record: withWrong(wrong) });
    return inspectWheel(accessTo(bytes), fileName, { level: 'info' });
  };
  expect((await inspect('foo/__init__.py')).metadata.name).toBe('foo');
  await expect(inspect(`${D}/WHEEL`)).rejects.toMatchObject({ code: 'record_mismatch' });
});

test('a path with a comma stands in quotes in RECORD', async () => {
  const D = 'foo-1.0.dist-info';
  const record = `"foo/a,""b"".py",,\nfoo/__init__.py,,\n${D}/METADATA,,\n${D}/WHEEL,,\n${D}/RECORD,,\n`;
  const { fileName, bytes } = await buildWheel({ name: 'foo', files: { 'foo/a,"b".py': 'x' }, record });
  expect((await inspectWheel(accessTo(bytes), fileName)).paths).toContain('foo/a,"b".py');
});

test('a zip that is no wheel is refused', async () => {
  const zip = await buildZip([{ name: 'readme.txt', content: 'hello' }]);
  await expect(inspectWheel(accessTo(zip), 'foo-1.0-py3-none-any.whl')).rejects.toMatchObject({
    code: 'package_folder',
  });
});
