import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { literalName, type MatchFields, type MatchSpec, matches, usedKeys } from './match-spec.ts';
import { parseMatchSpec } from './match-spec-parse.ts';
import { printMatchSpec } from './match-spec-print.ts';
import { parseVersion } from './version.ts';

const record: MatchFields = {
  name: 'numpy',
  version: parseVersion('1.8.1'),
  build: 'py27_0',
  build_number: 3,
  channel: 'conda-forge',
  subdir: 'linux-64',
  license: 'BSD-3-Clause',
  track_features: 'mkl, blas',
  flags: ['cuda', 'blas:mkl'],
  url: 'https://conda.anaconda.org/conda-forge/linux-64/numpy-1.8.1-py27_0.conda',
};

/** Everything but the compiled tests, which are functions and have no equality. */
function plain(spec: MatchSpec): unknown {
  return JSON.parse(JSON.stringify(spec, (_, value) => (typeof value === 'bigint' ? `${value}n` : value)));
}

function printed(text: string): string {
  return printMatchSpec(parseMatchSpec(text));
}

describe('prints what conda does not, or not so', () => {
  test.each([
    // A regular expression may hold every sign, brackets among them.
    ['^num[a-z]+$ >=1', "^num[a-z]+$[version='>=1']"],
    ["numpy[version='^1\\.[5-8]$']", "numpy[version='^1\\.[5-8]$']"],
    ['numpy[build=^py[0-9]+$]', "numpy[build='^py[0-9]+$']"],
    ['numpy 1.8 ^py(2|3)$', "numpy==1.8[build='^py(2|3)$']"],
    // Parentheses belong to the version; conda drops them.
    ['numpy (>=1,<2)|>=3', "numpy[version='>=1,<2|>=3']"],
    ['numpy (1|2),!=1.5', "numpy[version='(1|2),!=1.5']"],
    ['numpy (1 | 2) py27_0', "numpy[version='1|2',build=py27_0]"],
    // Without a folder a bare file name is that file, wherever it lies.
    ['python-3.11.10-h123456_0.conda', '*[fn=python-3.11.10-h123456_0.conda]'],
    ['https://h/x-1.0-0.tar.bz2', '*[url=https://h/x-1.0-0.tar.bz2]'],
    ['https://h/t/secret/api/repo/team/dev/noarch/x-1%2100-0.conda', 'team/dev/noarch::x==1!00=0'],
    ['conda-forge::numpy[url=http://x/y.conda]', 'conda-forge::numpy[url=http://x/y.conda]'],
    ['https://user:pw@h:8080/t/secret/team::numpy', 'team::numpy'],
    // `=` fuzzy in brackets as outside; a final star loses to an inner one.
    ['numpy[version="=1.8"]', 'numpy=1.8'],
    ['numpy 1.*.1*', "numpy[version='1.*.1*']"],
    ['numpy 1.*.1', 'numpy==1.*.1'],
    ['conda-forge::numpy[subdir=foo-64]', 'conda-forge::numpy[subdir=foo-64]'],
    ['numpy[subdir=win-64,channel=conda-forge/linux-64]', 'conda-forge/win-64::numpy'],
    ['numpy[extras=[a, "b"],flags=[cuda,\'blas:*\']]', "numpy[extras=['a','b'],flags=['cuda','blas:*']]"],
    ['numpy[when="python>=3.10 and a[b=\'c\']"]', 'numpy[when="python>=3.10 and a[b=\'c\']"]'],
    ['numpy[license="(GPL, MIT)"]', "numpy[license='(gpl, mit)']"],
    ['\tnumpy\t1.8 ', 'numpy==1.8'],
    ['numpy[]', 'numpy'],
  ])('%s: %s', (text, canonical) => {
    expect(printed(text)).toBe(canonical);
    expect(printed(canonical)).toBe(canonical);
  });
});

describe('matches', () => {
  test.each([
    ['numpy[track_features="blas mkl"]', true],
    ['numpy[track_features=mkl]', false],
    ['numpy[features=mkl]', false],
    ['numpy[flags=[cuda]]', true],
    ["numpy[flags=['blas:*',cuda]]", true],
    ['numpy[flags=[cuda,rocm]]', false],
    ['numpy[extras=[test],when=__unix]', true],
    ['numpy[build_number=3]', true],
    ['numpy[build_number=!=3]', false],
    ['numpy[build_number="<= 2"]', false],
    ['numpy[build_number=^[0-4]$]', true],
    ['numpy[build_number=1*]', false],
    ['^NUM[O-Q]Y$', true],
    ['numpy[license=^bsd.*$]', true],
    ['https://conda.anaconda.org/conda-forge::numpy', true],
    ['^conda-.*$::numpy', true],
    ['numpy[subdir=linux-*]', true],
    ['*[url=*numpy-1.8.1*]', true],
    // A field nothing is known of meets no condition.
    ['numpy[fn=numpy-1.8.1-py27_0.conda]', false],
    ['numpy[license_family=*]', false],
    [`*[sha256=${'a'.repeat(64)}]`, false],
  ])('%s: %s', (spec, result) => {
    expect(matches(parseMatchSpec(spec), record)).toBe(result);
  });

  test('a version given as text, and letter case of names and digests', () => {
    const fields = { ...record, name: 'NumPy', version: '1.8.1', md5: 'AB'.repeat(16) };
    expect(matches(parseMatchSpec(`numpy>=1.8[md5=${'aB'.repeat(16)}]`), fields)).toBe(true);
  });

  test('channels by name: a URL, a path behind the name, and what defaults stands for', () => {
    const inChannel = (spec: string, channel: string) => matches(parseMatchSpec(spec), { ...record, channel });
    expect(inChannel('conda-forge::numpy', 'https://mirror.example/conda-forge/linux-64')).toBe(true);
    expect(inChannel('conda-forge::numpy', 'conda-forge/label/dev')).toBe(false);
    expect(inChannel('defaults::numpy', 'https://repo.anaconda.com/pkgs/main')).toBe(true);
    expect(inChannel('pkgs/main::numpy', 'pkgs/main')).toBe(true);
    expect(inChannel('pkgs/r::numpy', 'pkgs/main')).toBe(false);
  });
});

describe('tells an index what it needs', () => {
  test.each([
    ['NumPy >=1', 'numpy', ['name', 'version']],
    ['num*', undefined, ['name']],
    ['*[md5=12345678901234567890123456789012]', undefined, ['md5']],
    ['*/linux-64::numpy 1.8 *', 'numpy', ['subdir', 'name', 'version', 'build']],
    ['c::numpy=*[when=__unix,extras=a]', 'numpy', ['channel', 'name', 'extras', 'when']],
  ])('%s', (text, name, keys) => {
    const spec = parseMatchSpec(text);
    expect(literalName(spec)).toBe(name);
    expect(usedKeys(spec)).toEqual(keys);
  });
});

describe('refuses, naming the place and what was wanted', () => {
  test.each([
    ['', 'conda_match_spec', /a package name.*at character 1/],
    ['>=1', 'conda_match_spec', /a package name.*at character 1/],
    ['conda-forge::', 'conda_match_spec', /a package name.*at character 14/],
    ['num(py', 'conda_match_spec', /closing \).*at character 4/],
    ['numpy]', 'conda_match_spec', /at character 6/],
    ['num/py', 'conda_match_spec', /a package name.*at character 4/],
    ['^num.*$x', 'conda_match_spec', /a blank or an operator.*at character 8/],
    ['^num', 'conda_spec_regex', /ends with \$/],
    ['a b::numpy', 'conda_match_spec', /a channel/],
    ['a::b::numpy', 'conda_match_spec', /a channel/],
    ['a:b c:numpy', 'conda_match_spec', /channel::name.*at character 3/],
    ['numpy>', 'conda_version_spec', /In the match spec "numpy>": Wanted a version after >/],
    ['numpy===1.8', 'conda_version_spec', /found "==="/],
    ['numpy (optional)', 'conda_match_spec', /at character 7/],
    ['numpy 1.8 "py27_0"', 'conda_match_spec', /quotes only in brackets at character 11/],
    ['numpy[foo=bar]', 'conda_match_spec', /one of the keys channel, .* at character 7.*found "foo"/],
    ['numpy[foo]', 'conda_match_spec', /key=value.*at character 7/],
    ['numpy[version=>=1.8, <2]', 'conda_match_spec', /key=value.*at character 22/],
    ["numpy[version='1'build=0]", 'conda_match_spec', /a comma.*at character 18/],
    ["numpy[version='']", 'conda_match_spec', /a value for version/],
    ['numpy[version=', 'conda_match_spec', /closing \].*at character 6/],
    ["numpy[version='1]", 'conda_match_spec', /every quote closed/],
    ['numpy[build=a"b"]', 'conda_match_spec', /whole value in quotes.*at character 14/],
    ['numpy[version=1,version=2]', 'conda_match_spec', /each key once/],
    ['numpy[version=1][build=0]', 'conda_match_spec', /nothing behind.*at character 17/],
    ['numpy[version=1] py', 'conda_match_spec', /nothing behind.*at character 18/],
    ['numpy[version=[1]]', 'conda_match_spec', /a single value/],
    ['numpy[md5=123]', 'conda_match_spec', /32 hexadecimal digits/],
    ['numpy[extras="a,b"]', 'conda_match_spec', /names of the shape/],
    ['numpy[flags=[A]]', 'conda_match_spec', /names of the shape/],
    ['numpy[build_number=x]', 'conda_match_spec', /a whole number/],
    ['numpy[build_number=">=1,<3"]', 'conda_match_spec', /a whole number/],
    ['numpy[build_number="=>3"]', 'conda_match_spec', /a whole number/],
    ['numpy[subdir=linux]', 'conda_subdir', /<os>-<arch>/],
    ['numpy[build=^(?=a)$]', 'conda_spec_regex', /plain group/],
    ['numpy[build=^py]', 'conda_spec_regex', /ends with \$/],
    ['numpy 1..2', 'conda_version', /between the separators/],
    ['./x/numpy-1.0-0.conda', 'conda_match_spec', /not a path/],
    ['C:\\x\\numpy-1.0-0.conda', 'conda_match_spec', /not a path/],
    ['https://h/noarch/numpy-1.0.conda', 'conda_file_name', /a name, a version and a build/],
    ['https://h/noarch/numpy-%zz-0.conda', 'conda_match_spec', /percent/],
    [`numpy 1${'|1'.repeat(5000)}`, 'conda_match_spec', /at most 8192 characters/],
  ])('%j', (text, code, message) => {
    expect(() => parseMatchSpec(text)).toThrow(expect.objectContaining({ code }));
    expect(() => parseMatchSpec(text)).toThrow(message);
  });
});

test('reads every dependency of a real channel and prints it back the same', () => {
  const file = readFileSync(new URL('./testdata/pytorch-linux-64.json.gz', import.meta.url));
  const repodata: { packages: Record<string, { depends: string[]; constrains?: string[] }> } = JSON.parse(
    gunzipSync(file).toString('utf8'),
  );
  const texts = new Set(
    Object.values(repodata.packages).flatMap((each) => [...each.depends, ...(each.constrains ?? [])]),
  );
  expect(texts.size).toBeGreaterThan(100);
  for (const text of texts) {
    const spec = parseMatchSpec(text);
    expect(plain(parseMatchSpec(printMatchSpec(spec)))).toEqual(plain(spec));
  }
});

const name = fc.constantFrom('numpy', 'NumPy', 'py-x', '__glibc', 'num*', '*', '^num.*$', '^n[a-z=]+ x$');
const channel = fc.constantFrom(
  '',
  '',
  'a::',
  'a/b/linux-64::',
  '*/noarch::',
  'a-*::',
  'ns:',
  'x:ns:',
  'https://h/c/noarch::',
);
const bare = fc.constantFrom(
  '1',
  '1.8',
  '1!2.0rc1',
  '1.1.1_',
  '1.8-1',
  '2013a',
  '1.8*',
  '1.8.*',
  '1.*.1',
  '1.*.1*',
  '*',
);
const literal = bare.filter((text) => !text.includes('*'));
const relation = fc
  .tuple(fc.constantFrom('=', '==', '!=', '<', '<=', '>', '>='), literal)
  .map(([sign, text]) => sign + text);
const clause = fc.oneof(bare, relation, fc.constantFrom('~=1.8.1', '!=1.7.*', '=1.8.*', '^1\\.[5-8]$'));
const version = fc.oneof(
  { arbitrary: clause, weight: 3 },
  fc.array(clause, { minLength: 2, maxLength: 3 }).map((parts) => parts.join(',')),
  fc.tuple(clause, clause, clause).map(([a, b, c]) => `(${a}|${b}),${c}`),
);
const build = fc.constantFrom('py27_0', 'py*', '*', '^py(2|3)=x$', 'a b', 'a-b', 'a,b', '0', "it's", 'a[b]', 'x if y');
const positional = fc.oneof(
  fc.constant(''),
  version.map((text) => ` ${text}`),
  literal.map((text) => `=${text}`),
  fc.tuple(version, fc.constantFrom('py27_0', 'py*', '0')).map(([text, tail]) => ` ${text} ${tail}`),
  fc.tuple(literal, fc.constantFrom('py27_0', '*')).map(([text, tail]) => `=${text}=${tail}`),
);
const values: Record<string, fc.Arbitrary<string>> = {
  version: version.map((text) => `'${text}'`),
  build: build.map((text) => `"${text}"`),
  build_number: fc.constantFrom('3', "'>=1'", '>0', '*', '^1$'),
  channel: fc.constantFrom('c', 'a/b/osx-64', "'a-*'", '^a.*$', 'linux-64'),
  subdir: fc.constantFrom('linux-64', 'foo-64', "'*-64'"),
  license: fc.constantFrom('MIT', "'*bsd*'", "'a b'", '"it\'s"'),
  license_family: fc.constantFrom('GPL3'),
  track_features: fc.constantFrom('mkl', "'b a'"),
  features: fc.constantFrom('mkl'),
  md5: fc.constant('0a'.repeat(16)),
  sha256: fc.constant('0A'.repeat(32)),
  url: fc.constantFrom('http://x/y.conda', "'http://x/y?a=b'"),
  fn: fc.constantFrom('a-1-0.conda'),
  extras: fc.constantFrom('a', '[a, b]'),
  flags: fc.constantFrom("'blas:*'", '[a,b:c]'),
  when: fc.constantFrom('__unix', '"a[b=\'c\']"'),
  name: fc.constant('other'),
};
const brackets = fc
  .uniqueArray(
    fc.oneof(...Object.entries(values).map(([key, value]) => value.map((text): [string, string] => [key, text]))),
    { selector: ([key]) => key, maxLength: 4 },
  )
  .map((pairs) => (pairs.length === 0 ? '' : `[${pairs.map((pair) => pair.join('=')).join(',')}]`));
const specText = fc.tuple(channel, name, positional, brackets).map((parts) => parts.join(''));

test('printing and parsing again gives the same spec', () => {
  fc.assert(
    fc.property(specText, (text) => {
      const spec = parseMatchSpec(text);
      const canonical = printMatchSpec(spec);
      expect(plain(parseMatchSpec(canonical))).toEqual(plain(spec));
      expect(printed(canonical)).toBe(canonical);
    }),
    { numRuns: 3000 },
  );
});

test('any text is parsed or refused with a reason, in bounded time', () => {
  const part = fc.constantFrom(
    'num',
    ' ',
    '=',
    '>',
    '[',
    ']',
    '(',
    ')',
    "'",
    '"',
    '^',
    '$',
    '*',
    ',',
    '|',
    ':',
    '#',
    '1',
    '/',
  );
  const text = fc.oneof(
    fc.string({ maxLength: 30 }),
    fc.array(part, { maxLength: 20 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (given) => {
      try {
        const canonical = printed(given);
        expect(printed(canonical)).toBe(canonical);
      } catch (error) {
        expect(error).toMatchObject({ name: 'FormatError', message: expect.stringMatching(/wanted/i) });
      }
    }),
    { numRuns: 3000 },
  );
  const started = performance.now();
  for (const sign of ['(', '[', '^', '^$', '=', ':', '|', '*', ' ', '"', '{', '\\', 'x=']) {
    for (const given of [sign.repeat(4000), `a[b='${sign.repeat(4000)}']`, `a ^${sign.repeat(120)}$`]) {
      try {
        matches(parseMatchSpec(given), { ...record, version: '1'.repeat(4000) });
      } catch (error) {
        expect(error).toMatchObject({ name: 'FormatError' });
      }
    }
  }
  expect(performance.now() - started).toBeLessThan(20_000);
});
