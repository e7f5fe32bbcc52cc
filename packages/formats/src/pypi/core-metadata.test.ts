import { describe, expect, test } from 'vitest';
import { parseLicence } from '../licence/index.ts';
import { parseCoreMetadata } from './core-metadata.ts';
import { pythonLicenceText } from './licence.ts';

const head = 'Metadata-Version: 2.1\nName: Foo.Bar\nVersion: 1.0\n';

describe('parseCoreMetadata', () => {
  test('reads what a build tool writes', () => {
    const text = `Metadata-Version: 2.4
Name: foo
Version: 1.0rc1
Summary: Größe: a word
Keywords: one,two words, three
Home-page: UNKNOWN
Author-email: "Foo, B." <b@foo.test>
License-Expression: MIT OR Apache-2.0
License-File: LICENSE
License-File: vendored/LICENSE
Classifier: Programming Language :: Python :: 3
Project-URL: Source, https://code.test/foo
Project-URL: https://foo.test/a,b
Requires-Python: >=3.9
Requires-Dist: bar>=1; extra == "x"
Requires-Dist: baz
Provides-Extra: x
Dynamic: Version
Description-Content-Type: text/markdown

# Foo

Name: not a header
`;
    expect(parseCoreMetadata(new TextEncoder().encode(text))).toEqual({
      metadataVersion: '2.4',
      name: 'foo',
      version: '1.0rc1',
      summary: 'Größe: a word',
      keywords: ['one', 'two words', 'three'],
      authorEmail: '"Foo, B." <b@foo.test>',
      licenseExpression: 'MIT OR Apache-2.0',
      licenseFiles: ['LICENSE', 'vendored/LICENSE'],
      classifiers: ['Programming Language :: Python :: 3'],
      platforms: [],
      projectUrls: [
        { label: 'Source', url: 'https://code.test/foo' },
        { label: 'https://foo.test/a', url: 'b' },
      ],
      requiresPython: '>=3.9',
      requiresDist: ['bar>=1; extra == "x"', 'baz'],
      requiresExternal: [],
      providesExtra: ['x'],
      dynamic: ['version'],
      descriptionContentType: 'text/markdown',
      description: '# Foo\n\nName: not a header\n',
    });
  });

  test('reads folded texts and those of old tools', () => {
    const text = `${head}License: MIT License\n        \n        Permission is\n       |granted\r\nDescription: one\r\n        two\r\n          three\r\nPlatform: UNKNOWN\r\n`;
    expect(parseCoreMetadata(text)).toMatchObject({
      license: 'MIT License\n\nPermission is\ngranted',
      description: 'one\ntwo\n  three',
      platforms: [],
    });
  });

  test('ends the headers where a line is none, as Python does', () => {
    expect(parseCoreMetadata(`${head}no header here\nSummary: late`)).toMatchObject({
      description: 'no header here\nSummary: late',
    });
    expect(parseCoreMetadata(`${head}no header here\nSummary: late`).summary).toBeUndefined();
  });

  test('reads Latin-1 where it is no UTF-8', () => {
    const bytes = Uint8Array.from(`${head}Author: M\xfcller\n`, (character) => character.charCodeAt(0));
    expect(parseCoreMetadata(bytes).author).toBe('Müller');
  });

  test.each([
    ['', 'one metadata-version'],
    ['Metadata-Version: 2.1\nName: foo\n\nVersion: 1.0\n', 'one version'],
    [`${head}Name: other\n`, 'one name'],
    [`${head}version: 2.0\n`, 'one version'],
    [head.replace('2.1', '3.0'), 'Metadata-Version 1.x or 2.x'],
    [head.replace('Foo.Bar', '../foo'), 'the name of a project behind Name:'],
    [head.replace('1.0', 'latest'), 'a version of PEP 440 behind Version:'],
    [`${head}\n${'x'.repeat(17 * 2 ** 20)}`, 'at most 16777216 bytes'],
  ])('refuses %#', (text, wanted) => {
    expect(() => parseCoreMetadata(text)).toThrow(expect.objectContaining({ code: 'python_metadata', wanted }));
  });
});

const osi = (name: string) => `License :: OSI Approved :: ${name}`;

describe('pythonLicenceText', () => {
  test.each([
    [{ licenseExpression: 'MIT', classifiers: [osi('BSD License')], license: 'GPL' }, 'MIT'],
    [{ classifiers: [osi('MIT License')], license: 'see file' }, 'MIT'],
    [{ classifiers: ['License :: OSI Approved'], license: 'MIT License' }, 'MIT License'],
    [{ classifiers: [osi('BSD License')], license: 'BSD-2-Clause' }, 'BSD-2-Clause'],
    [{ classifiers: [osi('BSD License')], license: 'MIT' }, 'BSD License'],
    [{ classifiers: [osi('MIT License'), osi('Apache Software License')] }, 'Apache Software License AND MIT'],
    [
      { classifiers: [osi('BSD License'), osi('Apache Software License')], license: 'BSD-3-Clause OR Apache-2.0' },
      'BSD-3-Clause OR Apache-2.0',
    ],
    [{ classifiers: ['Programming Language :: Python'] }, undefined],
    [{}, undefined],
  ])('%j is %j', (facts, text) => {
    expect(pythonLicenceText(facts)).toBe(text);
  });

  test.each([
    ['Apache Software License', 'Apache'],
    ['Mozilla Public License 1.1 (MPL 1.1)', 'MPL-1.1'],
    ['Zero-Clause BSD (0BSD)', '0BSD'],
    ['MIT No Attribution License (MIT-0)', 'MIT-0'],
    ['Eclipse Public License 2.0 (EPL-2.0)', 'EPL-2.0'],
    ['European Union Public Licence 1.2 (EUPL 1.2)', 'EUPL-1.2'],
    ['Historical Permission Notice and Disclaimer (HPND)', 'HPND'],
    ['GNU General Public License v2 or later (GPLv2+)', 'GPL-2.0-or-later'],
    ['GNU Lesser General Public License v3 (LGPLv3)', 'LGPL-3.0-only'],
    ['GNU Library or Lesser General Public License (LGPL)', 'LGPL'],
    ['GNU Affero General Public License v3', 'AGPL-3.0-only'],
    ['ISC License (ISCL)', 'ISC'],
    ['Python Software Foundation License', 'PSF-2.0'],
    ['The Unlicense (Unlicense)', 'Unlicense'],
  ])('the classifier %s means %s', (name, licence) => {
    const { spdx, families } = parseLicence(pythonLicenceText({ classifiers: [osi(name)] }));
    expect([spdx, ...families]).toContain(licence);
  });

  test.each([
    ['License :: Other/Proprietary License', ['Proprietary']],
    ['License :: Public Domain', ['Public-Domain']],
    ['License :: CC0 1.0 Universal (CC0 1.0) Public Domain Dedication', ['Public-Domain']],
  ])('%s is of %j', (classifier, families) => {
    expect(parseLicence(pythonLicenceText({ classifiers: [classifier] })).families).toEqual(families);
  });
});
