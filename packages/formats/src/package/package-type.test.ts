import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cranPart, cranPath, fileNameOf, fileRange, packageNameOf, packageTypeOf } from './package-type.ts';

test.each([
  ['linux-64', 'conda'],
  ['noarch', 'conda'],
  ['pypi', 'python'],
  ['cran:src:contrib', 'r'],
  ['cran:bin:macosx:big-sur-arm64:contrib:4.5', 'r'],
] as const)('the part %s holds %s', (part, type) => {
  expect(packageTypeOf(part)).toBe(type);
});

test('a tree and its part are two spellings of one place', () => {
  expect(cranPart('bin/windows/contrib/4.5')).toBe('cran:bin:windows:contrib:4.5');
  expect(cranPath('cran:bin:windows:contrib:4.5')).toBe('bin/windows/contrib/4.5');
});

describe('the files of a name', () => {
  test.each([
    ['conda', 'a-b-1.0-py_0.conda', 'a-b', 'a-b-1.0-py_0.conda'],
    ['python', 'foo-bar/Foo.Bar-1.0.tar.gz', 'foo-bar', 'Foo.Bar-1.0.tar.gz'],
    ['r', 'data.table_1.14-8.tar.gz', 'data.table', 'data.table_1.14-8.tar.gz'],
  ] as const)('of %s: %s is of %s', (type, file, name, fileName) => {
    expect(packageNameOf(type, file)).toBe(name);
    expect(fileNameOf(type, file)).toBe(fileName);
  });

  const names = fc.stringMatching(/^[a-z][a-z0-9.-]{0,6}$/);
  test.each([
    ['python', (name: string) => `${name}/x-1.0.tar.gz`],
    ['r', (name: string) => `${name}_1.0.tar.gz`],
  ] as const)('of %s lie together in byte order, and no others between them', (type, keyOf) => {
    fc.assert(
      fc.property(names, names, (name, other) => {
        const [from, to] = fileRange(type, name);
        const isWithin = keyOf(other) >= from && keyOf(other) < to;
        expect(isWithin).toBe(name === other);
      }),
    );
  });
});
