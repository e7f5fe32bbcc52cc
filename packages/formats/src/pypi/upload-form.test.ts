import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBase64 } from './base64.ts';
import { readUploadForm } from './upload-form.ts';

const twine: [string, string][] = [
  [':action', 'file_upload'],
  ['protocol_version', '1'],
  ['metadata_version', '2.4'],
  ['name', 'Foo.Bar'],
  ['version', '1.0'],
  ['filetype', 'bdist_wheel'],
  ['pyversion', 'py3'],
  ['classifiers', 'A'],
  ['classifiers', 'B'],
];
const digest = (algorithm: string, encoding: 'hex' | 'base64url' | 'base64') =>
  createHash(algorithm).update('x').digest(encoding);

test('base64 is read as Node reads it', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.constantFrom('base64' as const, 'base64url' as const), (bytes, encoding) => {
      expect([...decodeBase64(Buffer.from(bytes).toString(encoding))!]).toEqual([...bytes]);
    }),
  );
});

test.each(['a', 'ab\n', 'a b=', '====', 'a===', 'é'])('%j is no base64', (text) => {
  expect(decodeBase64(text)).toBeUndefined();
});

describe('readUploadForm', () => {
  test('reads what counts', () => {
    const form = readUploadForm([
      ...twine,
      ['sha256_digest', digest('sha256', 'hex').toUpperCase()],
      ['attestations', '[]'],
    ]);
    expect(form).toEqual({
      action: 'file_upload',
      filetype: 'bdist_wheel',
      name: 'Foo.Bar',
      version: '1.0',
      digests: { sha256: digest('sha256', 'hex') },
      attestations: '[]',
    });
  });

  test.each([
    ['sha256', digest('sha256', 'base64url')],
    ['sha256', `${digest('sha256', 'base64url')}=`],
    ['md5', digest('md5', 'hex')],
    ['md5', digest('md5', 'base64url')],
    ['md5', digest('md5', 'base64')],
  ])('takes a digest in hex or base64: %s %s', (algorithm, text) => {
    const { digests } = readUploadForm([...twine, [`${algorithm}_digest`, text]]);
    expect(digests).toEqual({ [algorithm]: digest(algorithm, 'hex') });
  });

  test('takes UNKNOWN and nothing for not said', () => {
    const form = readUploadForm([
      ...twine.filter(([name]) => name !== 'name'),
      ['name', 'UNKNOWN'],
      ['md5_digest', ''],
    ]);
    expect(form).toMatchObject({ name: undefined, digests: {} });
  });

  test('hands on what else clients want', () => {
    expect(readUploadForm([[':action', 'submit']]).action).toBe('submit');
  });

  test.each([
    [[], 'file_upload'],
    [[['protocol_version', '2'], ...twine], '1'],
    [[['filetype', 'bdist_egg'], ...twine], 'bdist_wheel or sdist'],
    [twine.filter(([name]) => name !== 'filetype'), 'bdist_wheel or sdist'],
    [[...twine, ['sha256_digest', 'abc']], '64 hex digits'],
    [[...twine, ['md5_digest', digest('sha256', 'hex')]], '32 hex digits'],
  ] as [[string, string][], string][])('refuses %#', (fields, wanted) => {
    expect(() => readUploadForm(fields)).toThrow(expect.objectContaining({ code: 'upload_form', wanted }));
  });
});
