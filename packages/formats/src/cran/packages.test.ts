import { describe, expect, test } from 'vitest';
import { encodeUtf8 } from '../utf8.ts';
import {
  licenceOfR,
  packagesParagraph,
  packagesRow,
  parseCranTree,
  parseDcf,
  parseDescription,
  parseRUserAgent,
  readBuilt,
  splitNewest,
  writeDcf,
  writePackages,
} from './index.ts';

const description = `Package: demo
Type: Package
Title: Shows
Version: 0.1-2
Authors@R: person("A", "B",
    role = c("aut", "cre"))
Description: Long
    words.
License: MIT +  file LICENSE
Depends: R (>= 4.1.0)
Imports: cli (>= 3.0),
    utils
`;

describe('DESCRIPTION', () => {
  test('gives the paragraph of an index', () => {
    const row = packagesParagraph(parseDescription(encodeUtf8(description)), { md5: 'ab12', hasSources: false });
    expect(writePackages([row])).toBe(`Package: demo
Version: 0.1-2
Depends: R (>= 4.1.0)
Imports: cli (>= 3.0),
        utils
License: MIT + file LICENSE
MD5sum: ab12
NeedsCompilation: no
`);
  });

  test('says whether it needs a compiler, else its folder does', () => {
    const needs = (text: string, hasSources: boolean) =>
      packagesParagraph(parseDescription(encodeUtf8(text)), { md5: '', hasSources }).get('NeedsCompilation');
    expect(needs(description, true)).toBe('yes');
    expect(needs(`${description}NeedsCompilation: no\n`, true)).toBe('no');
    expect(needs(`${description}Built: R 4.5.0; ; 2026-01-02 03:04:05 UTC; unix\n`, true)).toBeUndefined();
  });

  test('is read in the encoding it names', () => {
    const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
    const title = (encoding: string) =>
      parseDescription(bytes(`Package: ab\nVersion: 1.0\nLicense: MIT\n${encoding}Title: \u00e9\u00b3\n`)).fields.get(
        'Title',
      );
    expect(title('Encoding: latin1\n')).toBe('é³');
    expect(title('Encoding: latin2\n')).toBe('éł');
    expect(title('')).toBe('é³');
    expect(parseDescription(encodeUtf8('Package: ab\nVersion: 1.0\nLicense: MIT\nTitle: é')).fields.get('Title')).toBe(
      'é',
    );
  });

  test.each<[string, string]>([
    ['Package: ab\nVersion: 1.0', 'description'],
    ['Package: ab\nVersion:\nLicense: MIT', 'description'],
    ['Package: a_b\nVersion: 1.0\nLicense: MIT', 'cran_package_name'],
    ['Package: ab\nVersion: 1\nLicense: MIT', 'cran_version'],
    ['<html>', 'dcf_syntax'],
  ])('not %j', (text, code) => {
    expect(() => parseDescription(encodeUtf8(text))).toThrow(expect.objectContaining({ code }));
  });

  test('names the R it was built for', () => {
    expect(readBuilt('R 4.5.0; x86_64-w64-mingw32; 2026-01-02 03:04:05 UTC; windows')).toEqual({
      minor: '4.5',
      platform: 'x86_64-w64-mingw32',
    });
    expect(readBuilt('R 4.5.0; ; 2026-01-02 03:04:05 UTC; unix')).toEqual({ minor: '4.5', platform: '' });
    expect(readBuilt('yesterday')).toBeUndefined();
  });
});

test('PACKAGES shows no place in another tree, and no empty field', () => {
  const row = packagesRow(parseDcf('Package: a\nVersion: 1.0\nPath: 4.5.0/Recommended\nFile: x\nSuggests:\n'));
  expect(writeDcf(row)).toBe('Package: a\nVersion: 1.0\n');
  expect(writePackages([row, row])).toBe('Package: a\nVersion: 1.0\n\nPackage: a\nVersion: 1.0\n');
  expect(writePackages([])).toBe('');
});

test('the newest is listed, the others are archived', () => {
  const files = ['1.0', '1.10', '1.9', '1.0.1'].map((version) => ({ version }));
  expect(splitNewest(files)).toEqual({
    newest: { version: '1.10' },
    others: [{ version: '1.0' }, { version: '1.0.1' }, { version: '1.9' }],
  });
  expect(splitNewest([])).toBeUndefined();
});

describe('trees', () => {
  test.each([
    ['src/contrib', 'source', 'tar.gz', undefined],
    ['bin/windows/contrib/4.5', 'windows', 'zip', '4.5'],
    ['bin/macosx/big-sur-arm64/contrib/4.5', 'macos', 'tgz', '4.5'],
    ['bin/macosx/contrib/3.6', 'macos', 'tgz', '3.6'],
    ['__linux__/jammy/4.5', 'linux', 'tar.gz', '4.5'],
  ])('%s', (path, kind, extension, minor) => expect(parseCranTree(path)).toEqual({ path, kind, extension, minor }));

  test.each(['', 'src', 'src/contrib/', 'bin/windows/contrib/x', 'bin/windows/contrib', 'bin/macosx/../contrib/4.5'])(
    'not %j',
    (path) => expect(parseCranTree(path)).toBeUndefined(),
  );
});

test.each([
  ['R (4.5.0 x86_64-pc-linux-gnu x86_64 linux-gnu)', '4.5', 'x86_64'],
  ['R/4.5.0 R (4.5.0 aarch64-unknown-linux-gnu aarch64 linux-gnu)', '4.5', 'aarch64'],
  ['renv (1.0.3); R (4.2.2 x86_64-pc-linux-gnu x86_64 linux-gnu)', '4.2', 'x86_64'],
])('%s', (header, minor, arch) => {
  expect(parseRUserAgent(header)).toMatchObject({ minor, arch });
  expect(parseRUserAgent('curl/8.0 (x)')).toBeUndefined();
  expect(parseRUserAgent(undefined)).toBeUndefined();
});

test.each([
  ['GPL (>= 2) | MIT + file LICENSE', 'GPL-2.0-or-later OR MIT'],
  ['GPL-2', 'GPL-2.0-only'],
  ['GPL-2 | GPL-3', 'GPL-2.0-only OR GPL-3.0-only'],
  ['GPL (< 3)', 'GPL-2.0-only'],
  ['GPL (> 2)', 'GPL-3.0-or-later'],
  ['GPL (>= 2.0, < 3)', 'GPL-2.0-only'],
  ['LGPL (>= 2.0, < 3) | Mozilla Public License', 'LGPL-2.0-only OR LGPL-2.1-only OR LicenseRef-MPL'],
  ['LGPL (>= 2.1)', 'LGPL-2.1-or-later'],
  ['AGPL (>= 3)', 'AGPL-3.0-or-later'],
  ['MPL (>= 1.1)', 'MPL-1.1 OR MPL-2.0'],
  ['Apache License (>= 2)', 'Apache-2.0'],
  ['BSD_3_clause + file LICENSE', 'BSD-3-Clause'],
  ['BSD_2_clause + file LICENCE', 'BSD-2-Clause'],
  ['GPL-3 + file LICENSE', 'GPL-3.0-only AND LicenseRef-file-LICENSE'],
  ['FreeBSD', 'BSD-2-Clause-Views'],
  ['CC0', 'CC0-1.0'],
  ['file LICENSE', 'LicenseRef-file-LICENSE'],
  ['Unlimited', 'LicenseRef-Unlimited'],
  ['GPL (> 9)', 'GPL-2.0-only'],
])('licence %s is %s', (text, spdx) => {
  if (text === 'GPL (> 9)') return expect(licenceOfR(text).families).toEqual(['GPL2', 'GPL3']);
  expect(licenceOfR(text)).toMatchObject({ raw: text, spdx });
});

test('no licence is none', () => expect(licenceOfR(undefined)).toMatchObject({ spdx: undefined, families: ['None'] }));
