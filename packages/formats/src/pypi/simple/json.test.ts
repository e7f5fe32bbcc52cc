import { describe, expect, test } from 'vitest';
import { writeJson } from '../../conda/json.ts';
import { writeSimpleFile } from './file-text.ts';
import { readSimpleFile } from './read-file.ts';
import { readSimpleJson } from './read-json.ts';
import type { SimpleFile } from './simple-page.ts';
import { writeSimpleJson } from './write-json.ts';

const sha256 = 'ab'.repeat(32);

const wheel: SimpleFile = {
  filename: 'demo-1.10-py3-none-any.whl',
  url: '../../pypi/demo/demo-1.10-py3-none-any.whl',
  hashes: { sha256 },
  requiresPython: '>=3.9',
  size: 1234,
  uploadTime: '2026-01-02T03:04:05.123456Z',
  yanked: 'broken on "Windows"',
  coreMetadata: { sha256 },
  provenance: 'https://packages.test/demo.provenance',
};
const sdist: SimpleFile = {
  filename: 'demo-1.9.tar.gz',
  url: '../../pypi/demo/demo-1.9.tar.gz',
  hashes: { sha256 },
  size: 7,
  yanked: false,
  coreMetadata: false,
};

describe('writeSimpleJson', () => {
  test('writes API 1.4, sorted by version, whatever order the files come in', () => {
    const text = writeSimpleJson({ name: 'demo', files: [wheel, sdist] });
    expect(writeSimpleJson({ name: 'demo', files: [sdist, wheel] })).toBe(text);
    expect(JSON.parse(text)).toEqual({
      meta: { 'api-version': '1.4' },
      name: 'demo',
      'project-status': { status: 'active' },
      versions: ['1.9', '1.10'],
      files: [
        {
          filename: 'demo-1.9.tar.gz',
          url: '../../pypi/demo/demo-1.9.tar.gz',
          hashes: { sha256 },
          size: 7,
          yanked: false,
          'core-metadata': false,
          'dist-info-metadata': false,
        },
        {
          filename: 'demo-1.10-py3-none-any.whl',
          url: '../../pypi/demo/demo-1.10-py3-none-any.whl',
          hashes: { sha256 },
          'requires-python': '>=3.9',
          size: 1234,
          'upload-time': '2026-01-02T03:04:05.123456Z',
          yanked: 'broken on "Windows"',
          'core-metadata': { sha256 },
          'dist-info-metadata': { sha256 },
          provenance: 'https://packages.test/demo.provenance',
        },
      ],
    });
  });

  test('has its keys sorted at every level', () => {
    const md5 = 'cd'.repeat(16);
    const file = { ...wheel, gpgSig: true, hashes: { sha256, md5 } };
    const text = writeSimpleJson({ name: 'demo', files: [file, sdist], status: 'archived', statusReason: 'old' });
    expect(text).toBe(writeJson(JSON.parse(text)));
    expect(writeSimpleFile(file)).toBe(writeJson(JSON.parse(writeSimpleFile(file))));
  });

  test('lists versions by their order, those of no version nowhere', () => {
    const names = [
      'demo-1.10.tar.gz',
      'demo-1.9.exe',
      'demo-1.0.tar.gz',
      'demo-1.tar.gz',
      'demo-1.0rc1.zip',
      'demo-1.0.zip',
    ];
    const page = JSON.parse(
      writeSimpleJson({ name: 'demo', files: names.map((filename) => ({ ...sdist, filename })) }),
    );
    expect(page.versions).toEqual(['1.0rc1', '1', '1.0', '1.10']);
    expect(page.files.map(({ filename }: SimpleFile) => filename)).toEqual([
      'demo-1.9.exe',
      'demo-1.0rc1.zip',
      'demo-1.tar.gz',
      'demo-1.0.tar.gz',
      'demo-1.0.zip',
      'demo-1.10.tar.gz',
    ]);
  });

  test('offers nothing of a project in quarantine', () => {
    const text = writeSimpleJson({ name: 'demo', files: [wheel], status: 'quarantined', statusReason: 'malware' });
    expect(JSON.parse(text)).toMatchObject({
      'project-status': { status: 'quarantined', reason: 'malware' },
      versions: [],
      files: [],
    });
  });

  test('is read back as it was', () => {
    const page = readSimpleJson(writeSimpleJson({ name: 'demo', files: [wheel, sdist], status: 'archived' }));
    expect(page).toMatchObject({ name: 'demo', status: 'archived', statusReason: undefined, passedOver: 0 });
    expect(page.files.map(({ text: _, ...file }) => file)).toEqual([sdist, wheel]);
    expect(page.files.map(({ text }) => readSimpleFile(text))).toEqual([sdist, wheel]);
  });
});

describe('readSimpleJson', () => {
  test('keeps the very text of each file', () => {
    const texts = [
      `{ "url" : "a.whl", "filename":"demo-1-py3-none-any.whl", "hashes":{}, "x": [ "]}", {"\\"": "\\\\" } ], "yanked":"" }`,
      `{"filename":"demo-2.tar.gz","url":"b","size":12345678901234567890,"dist-info-metadata":{"sha256":"${sha256.toUpperCase()}"}}`,
    ];
    const page = readSimpleJson(
      `\ufeff {"files": [], "meta":{"_last-serial": 12, "api-version":"1.0"} ,"name":"demo", "files" : [ ${texts.join(' ,\n')} ] , "versions": null}`,
    );
    expect(page.files.map(({ text }) => text)).toEqual(texts);
    expect(page).toMatchObject({ lastSerial: 12, name: 'demo', status: 'active' });
    expect(page.files[0]).toMatchObject({ filename: 'demo-1-py3-none-any.whl', yanked: false, coreMetadata: false });
    expect(page.files[1]).toMatchObject({ yanked: false, coreMetadata: { sha256 }, hashes: {} });
    expect(page.files[1]!.size).toBeUndefined();
  });

  test('passes over what nobody can use', () => {
    const page = readSimpleJson('{"files":[1,{"filename":"a"},{"url":"b"},{"filename":"c-1.tar.gz","url":"c"}]}');
    expect(page.files.map(({ filename }) => filename)).toEqual(['c-1.tar.gz']);
    expect(page.passedOver).toBe(3);
  });

  test.each([
    ['<html></html>', 'simple_malformed'],
    ['{"meta":{"api-version":"1.0"}}', 'simple_malformed'],
    ['[]', 'simple_malformed'],
    ['{"files":[', 'simple_malformed'],
    ['{"meta":{"api-version":"2.0"},"files":[]}', 'simple_version'],
  ])('refuses %s', (text, code) => {
    expect(() => readSimpleJson(text)).toThrow(expect.objectContaining({ code }));
  });
});
