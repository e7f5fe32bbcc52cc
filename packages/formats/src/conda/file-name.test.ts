import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { parseBuildString } from './build-string.ts';
import { parseFileName } from './file-name.ts';
import { parsePackageName } from './package-name.ts';

describe('parseFileName reads from the right', () => {
  test.each([
    ['_libgcc_mutex-0.1-main.conda', '_libgcc_mutex', '0.1', 'main', 'conda'],
    ['python-3.13.0-h9ebbce0_100_cp313.conda', 'python', '3.13.0', 'h9ebbce0_100_cp313', 'conda'],
    ['a-b-c-1.0-0.tar.bz2', 'a-b-c', '1.0', '0', 'tar.bz2'],
    ['x-1!2.0+local_1-a.b+c.conda', 'x', '1!2.0+local_1', 'a.b+c', 'conda'],
  ])('%s', (fileName, name, version, build, extension) => {
    const stem = fileName.slice(0, -extension.length - 1);
    expect(parseFileName(fileName)).toEqual({ name, version, build, extension, stem });
  });

  test('as the records of a real channel say', () => {
    const file = readFileSync(new URL('./testdata/pytorch-linux-64.json.gz', import.meta.url));
    const { packages }: { packages: Record<string, { name: string; version: string; build: string }> } = JSON.parse(
      gunzipSync(file).toString('utf8'),
    );
    expect(Object.keys(packages).length).toBeGreaterThan(1000);
    for (const [fileName, { name, version, build }] of Object.entries(packages)) {
      expect(parseFileName(fileName)).toMatchObject({ name, version, build });
    }
  });
});

describe('parseFileName refuses', () => {
  test.each([
    ['__glibc-2.17-0.conda', 'conda_package_name', /virtual packages/],
    ['foo-1.0.conda', 'conda_file_name', /a name, a version and a build/],
    ['-1.0-0.conda', 'conda_file_name', /a name, a version and a build/],
    ['foo-1.0-a b.conda', 'conda_build_string', /letters, digits/],
    ['foo-1.0-.conda', 'conda_build_string', /letters, digits/],
    ['Foo-1.0-0.conda', 'conda_file_name', /in lower case, foo/],
    ['foo-1.*-0.conda', 'conda_file_name', /a version of/],
    ['foo- 1.0-0.conda', 'conda_file_name', /a version of/],
    ['foo-1..0-0.conda', 'conda_version', /between the separators/],
    ['foo-1.0-0.zip', 'conda_file_name', /ends with \.conda or \.tar\.bz2/],
    ['foo-1.0-0.tar.bz', 'conda_file_name', /ends with/],
    ['../foo-1.0-0.conda', 'conda_package_name', /letters and digits/],
    [`foo-${'1'.repeat(65)}-0.conda`, 'conda_file_name', /at most 64/],
    [`${'a'.repeat(65)}-1-0.conda`, 'conda_package_name', /at most 64/],
    [`a-1-${'0'.repeat(65)}.conda`, 'conda_build_string', /at most 64/],
    [`a-1-${'0'.repeat(300)}.conda`, 'conda_file_name', /at most 211/],
  ])('%s', (fileName, code, message) => {
    expect(() => parseFileName(fileName)).toThrow(expect.objectContaining({ code }));
    expect(() => parseFileName(fileName)).toThrow(message);
  });

  test('but not the longest name there can be', () => {
    const stem = `${'a'.repeat(64)}-${'1'.repeat(64)}-${'0'.repeat(64)}`;
    expect(parseFileName(`${stem}.tar.bz2`).stem).toBe(stem);
  });
});

describe('package names', () => {
  test.each([
    ['NumPy', 'numpy'],
    ['_r-mutex', '_r-mutex'],
    ['ruamel.yaml', 'ruamel.yaml'],
    ['7zip', '7zip'],
    ['a', 'a'],
  ])('%s: %s', (text, name) => {
    expect(parsePackageName(text)).toBe(name);
  });

  test.each(['', '-a', '.a', 'a--b', 'a b', 'a/b', 'é', '__unix', 'a+'])('refuses %j', (text) => {
    expect(() => parsePackageName(text)).toThrow(expect.objectContaining({ code: 'conda_package_name' }));
  });
});

test('build strings keep their letter case', () => {
  expect(parseBuildString('PY27_0')).toBe('PY27_0');
  expect(() => parseBuildString('py-27')).toThrow(expect.objectContaining({ code: 'conda_build_string' }));
});
