import { describe, expect, test } from 'vitest';
import { factsBuilder } from './builder.ts';
import { hexAt } from './digests.ts';
import { factsRowOf } from './record-facts.ts';

const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const sha256 = 'ab'.repeat(32);
const md5 = 'cd'.repeat(16);

describe('a Python file', () => {
  const described = {
    filename: 'Foo.Bar-1.0.0-2-py3-none-any.whl',
    url: 'https://index.test/Foo.Bar-1.0.0-2-py3-none-any.whl',
    hashes: { sha256, md5 },
    size: 1234,
    'upload-time': '2026-01-02T03:04:05.123456Z',
  };
  const rowOf = factsRowOf('pypi');

  test('is named as installers name it', () => {
    const row = rowOf('foo-bar/Foo.Bar-1.0.0-2-py3-none-any.whl', bytes(described), 7);
    expect(row).toMatchObject({
      name: 'foo-bar',
      version: '1.0.0',
      build: 'py3-none-any',
      buildNumber: 2,
      licence: {},
      size: 1234,
      timestamp: Date.parse('2026-01-02T03:04:05.123Z'),
      fromRev: 7,
    });
    const builder = factsBuilder('pypi');
    builder.add(row);
    const facts = builder.build();
    expect([facts.type, hexAt(facts.digests, 'sha256', 0), hexAt(facts.digests, 'md5', 0)]).toEqual([
      'python',
      sha256,
      md5,
    ]);
  });

  test.each([
    [
      { license_expression: 'MIT OR Apache-2.0', classifiers: ['License :: OSI Approved :: BSD License'] },
      'MIT OR Apache-2.0',
    ],
    [{ license: 'see LICENSE', classifiers: ['License :: OSI Approved :: MIT License'] }, 'MIT'],
    [{ license: 'Apache 2.0' }, 'Apache 2.0'],
    [{}, undefined],
  ])('has the licence that %j says', (extra, license) => {
    const row = rowOf('foo-bar/Foo.Bar-1.0.0-2-py3-none-any.whl', bytes(described), 1, { extra: bytes(extra) });
    expect(row.licence.license).toBe(license);
  });

  test.each([
    ['foo-bar/Foo.Bar-1.0.0-3-py3-none-any.whl', 'record_file_mismatch'],
    ['other/Foo.Bar-1.0.0-2-py3-none-any.whl', 'python_file_name'],
  ])('is refused under %s', (file, code) => {
    expect(() => rowOf(file, bytes(described), 1)).toThrow(expect.objectContaining({ code }));
  });

  test('of a kind that installers no longer take is refused', () => {
    const egg = { ...described, filename: 'foo_bar-1.0-py2.7.egg' };
    expect(() => rowOf('foo-bar/foo_bar-1.0-py2.7.egg', bytes(egg), 1)).toThrow(
      expect.objectContaining({ code: 'python_file_name' }),
    );
  });
});

describe('an R package', () => {
  const paragraph = `Package: demo\nVersion: 0.1-2\nLicense: GPL (>= 2) | MIT + file LICENSE\nMD5sum: ${md5}\n`;
  const rowOf = factsRowOf('cran:src:contrib');

  test('says what its paragraph says', () => {
    const extra = bytes({ size: 99, mtime: '2026-01-02T03:04:05Z' });
    expect(rowOf('demo_0.1-2.tar.gz', bytes(paragraph), 3, { extra })).toMatchObject({
      name: 'demo',
      version: '0.1-2',
      build: 'source',
      licence: { license: 'GPL (>= 2) | MIT + file LICENSE' },
      size: 99,
      timestamp: Date.parse('2026-01-02T03:04:05Z'),
      md5: new Uint8Array(16).fill(0xcd),
    });
  });

  test.each([
    ['Published: 2025-12-01', '2025-12-01T00:00:00Z'],
    ['Built: R 4.5.0; x86_64-w64-mingw32; 2026-01-02 03:04:05 UTC; windows', '2026-01-02T03:04:05Z'],
    ['Depends: R', undefined],
  ])('with %s has its time from there', (field, time) => {
    const row = rowOf('demo_0.1-2.tar.gz', bytes(`${paragraph}${field}\n`), 1);
    expect(row.timestamp).toBe(time && Date.parse(time));
  });

  test('of another version is refused', () => {
    expect(() => rowOf('demo_0.2.tar.gz', bytes(paragraph), 1)).toThrow(
      expect.objectContaining({ code: 'record_file_mismatch' }),
    );
  });
});
