import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
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
