import { describe, expect, test } from 'vitest';
import { factsBuilder } from '../facts/builder.ts';
import { factsRowOf } from '../facts/record-facts.ts';
import { literalSpecName, specSet } from './spec-set.ts';

function facts(part: string, files: readonly (readonly [file: string, text: string])[]) {
  const builder = factsBuilder(part);
  for (const [file, text] of files) builder.add(factsRowOf(part)(file, Buffer.from(text), 1));
  return builder.build();
}

const python = (name: string, version: string) =>
  [`${name}/${name}-${version}.tar.gz`, JSON.stringify({ filename: `${name}-${version}.tar.gz` })] as const;
const r = (name: string, version: string) =>
  [`${name}_${version}.tar.gz`, `Package: ${name}\nVersion: ${version}\n`] as const;

describe('a spec', () => {
  const pypi = facts('pypi', [
    python('numpy', '1.25'),
    python('numpy', '1.26.4'),
    python('numpy', '2.0rc1'),
    python('acme-x', '1'),
  ]);
  test.each([
    ['numpy >=1.26,<2', [1]],
    ['numpy', [0, 1, 2]],
    ['NumPy (>=2.0a1)', [2]],
    ['acme_*', [3]],
    ['*', [0, 1, 2, 3]],
    ['num', []],
  ])('%s matches the Python files %j', (spec, rows) => {
    const { match } = specSet([spec])(pypi);
    expect([0, 1, 2, 3].filter((i) => match(i) === spec)).toEqual(rows);
  });

  const cran = facts('cran:src:contrib', [r('dplyr', '1.0'), r('dplyr', '1.1.4'), r('data.table', '1.14-8')]);
  test.each([
    ['dplyr (>= 1.1)', [1]],
    ['dplyr >=1.0, <1.1', [0]],
    ['data.*', [2]],
    ['Dplyr', []],
  ])('%s matches the R packages %j', (spec, rows) => {
    const { match } = specSet([spec])(cran);
    expect([0, 1, 2].filter((i) => match(i) === spec)).toEqual(rows);
  });

  test('that cannot be read as one of the type throws, so that its rule denies', () => {
    expect(() => specSet(['numpy=1.26=py39_0'])(pypi)).toThrow(expect.objectContaining({ code: 'python_specifier' }));
  });
});

test.each([
  ['conda', 'numpy >=1', 'numpy'],
  ['python', 'Foo_Bar >=1', 'foo-bar'],
  ['r', 'data.table (>= 1)', 'data.table'],
  ['python', 'acme-*', undefined],
  ['r', 'acme*', undefined],
] as const)('the only name that %s spec %s can match is %s', (type, spec, name) => {
  expect(literalSpecName(type, spec)).toBe(name);
});
