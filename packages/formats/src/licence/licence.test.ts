import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  familyNames,
  type Licence,
  type LicenceName,
  licenceAllowed,
  licenceAvoids,
  licenceMentions,
  licenceWithin,
  parseLicence,
  parseLicenceName,
  printLicenceName,
} from './index.ts';

const lists = {
  ae5: ['AGPL', 'GPL2', 'GPL3', 'LGPL', 'BSD', 'MIT', 'Apache', 'PSF', 'Public-Domain', 'Proprietary', 'Other'],
  cli: ['agpl', 'gpl2', 'gpl3', 'lgpl', 'bsd', 'mit', 'apache', 'psf', 'public_domain', 'proprietary', 'other', 'none'],
  condaBuild: [
    'AGPL',
    'LGPL',
    'GPL3',
    'GPL2',
    'GPL',
    'BSD',
    'MIT',
    'APACHE',
    'PSF',
    'CC',
    'MOZILLA',
    'PUBLIC-DOMAIN',
    'PROPRIETARY',
    'OTHER',
    'NONE',
  ],
};
const names = (...texts: string[]): LicenceName[] => texts.map(parseLicenceName);
const mentioned = (licence: Licence, list: string[]): string =>
  list.filter((name) => licenceMentions(licence, names(name))).join(' ');

describe('a licence, as real packages write it', () => {
  // Text, its SPDX expression, its families on the list of Enterprise 5 and on conda-build's.
  it.each([
    ['MIT', 'MIT', 'MIT', 'MIT'],
    ['MIT License', 'MIT', 'MIT', 'MIT'],
    ['The MIT License (MIT)', 'MIT', 'MIT', 'MIT'],
    ['mit', 'MIT', 'MIT', 'MIT'],
    ['MIT-0', 'MIT-0', 'MIT', 'MIT'],
    ['X11', 'X11', 'MIT', 'MIT'],
    ['MIT/X11', 'MIT OR X11', 'MIT', 'MIT'],
    ['Expat', 'MIT', 'MIT', 'MIT'],
    ['MIT-like', 'LicenseRef-MIT', 'MIT', 'MIT'],
    ['MIT + file LICENSE', 'MIT', 'MIT', 'MIT'],
    ['BSD', 'LicenseRef-BSD', 'BSD', 'BSD'],
    ['BSD License', 'LicenseRef-BSD', 'BSD', 'BSD'],
    ['BSD-3-Clause', 'BSD-3-Clause', 'BSD', 'BSD'],
    ['BSD 3-Clause', 'BSD-3-Clause', 'BSD', 'BSD'],
    ['BSD 2-Clause', 'BSD-2-Clause', 'BSD', 'BSD'],
    ['BSD_3_clause + file LICENSE', 'BSD-3-Clause', 'BSD', 'BSD'],
    ['BSD_2_clause + file LICENCE', 'BSD-2-Clause', 'BSD', 'BSD'],
    ['New BSD', 'BSD-3-Clause', 'BSD', 'BSD'],
    ['modified BSD', 'BSD-3-Clause', 'BSD', 'BSD'],
    ['3-clause BSD', 'BSD-3-Clause', 'BSD', 'BSD'],
    ['BSD (3-clause)', 'BSD-3-Clause', 'BSD', 'BSD'],
    ['Simplified BSD', 'BSD-2-Clause', 'BSD', 'BSD'],
    ['0BSD', '0BSD', 'BSD', 'BSD'],
    ['IJG, modified 3-clause BSD and zlib', 'IJG AND BSD-3-Clause AND Zlib', 'BSD Other', 'BSD OTHER'],
    ['BSD 3-Clause, MIT', 'BSD-3-Clause AND MIT', 'BSD MIT', 'BSD MIT'],
    ['MIT AND BSD-3-Clause', 'MIT AND BSD-3-Clause', 'BSD MIT', 'BSD MIT'],
    ['Apache-2.0', 'Apache-2.0', 'Apache', 'APACHE'],
    ['Apache 2.0', 'Apache-2.0', 'Apache', 'APACHE'],
    ['Apache License 2.0', 'Apache-2.0', 'Apache', 'APACHE'],
    ['Apache License, Version 2.0', 'Apache-2.0', 'Apache', 'APACHE'],
    ['Apache License (>= 2)', 'Apache-2.0', 'Apache', 'APACHE'],
    ['Apache Software License', 'LicenseRef-Apache', 'Apache', 'APACHE'],
    ['http://www.apache.org/licenses/LICENSE-2.0', 'Apache-2.0', 'Apache', 'APACHE'],
    ['Apache-2.0 WITH LLVM-exception', 'Apache-2.0 WITH LLVM-exception', 'Apache', 'APACHE'],
    ['MIT/Apache-2.0', 'MIT OR Apache-2.0', 'MIT Apache', 'MIT APACHE'],
    ['MIT OR Apache-2.0', 'MIT OR Apache-2.0', 'MIT Apache', 'MIT APACHE'],
    ['GPL', 'LicenseRef-GPL', 'GPL2 GPL3', 'GPL3 GPL2 GPL'],
    ['GPL-2', 'GPL-2.0-only', 'GPL2', 'GPL2 GPL'],
    ['GPL-3', 'GPL-3.0-only', 'GPL3', 'GPL3 GPL'],
    ['GPL2', 'GPL-2.0-only', 'GPL2', 'GPL2 GPL'],
    ['GPLv2', 'GPL-2.0-only', 'GPL2', 'GPL2 GPL'],
    ['GPL v3', 'GPL-3.0-only', 'GPL3', 'GPL3 GPL'],
    ['GPL3+', 'GPL-3.0-or-later', 'GPL3', 'GPL3 GPL'],
    ['GPLv2+', 'GPL-2.0-or-later', 'GPL2', 'GPL2 GPL'],
    ['GPL-2.0', 'GPL-2.0-only', 'GPL2', 'GPL2 GPL'],
    ['GPL-2.0+', 'GPL-2.0-or-later', 'GPL2', 'GPL2 GPL'],
    ['gpl-2.0-or-later', 'GPL-2.0-or-later', 'GPL2', 'GPL2 GPL'],
    ['GPL-1.0-or-later', 'GPL-1.0-or-later', 'GPL2 GPL3', 'GPL3 GPL2 GPL'],
    ['GPL (>= 2)', 'GPL-2.0-or-later', 'GPL2', 'GPL2 GPL'],
    ['GPL (>= 3)', 'GPL-3.0-or-later', 'GPL3', 'GPL3 GPL'],
    ['GPL (>= 2) + file LICENSE', 'GPL-2.0-or-later AND LicenseRef-file-LICENSE', 'GPL2 Other', 'GPL2 GPL OTHER'],
    ['GPL-2 | GPL-3', 'GPL-2.0-only OR GPL-3.0-only', 'GPL2 GPL3', 'GPL3 GPL2 GPL'],
    ['GPL-2 | MIT + file LICENSE', 'GPL-2.0-only OR MIT', 'GPL2 MIT', 'GPL2 GPL MIT'],
    ['GNU General Public License v2 or later (GPLv2+)', 'GPL-2.0-or-later', 'GPL2', 'GPL2 GPL'],
    ['GNU General Public License, version 3', 'GPL-3.0-only', 'GPL3', 'GPL3 GPL'],
    ['GNU GPL v3 or any later version', 'GPL-3.0-or-later', 'GPL3', 'GPL3 GPL'],
    ['License :: OSI Approved :: GNU General Public License v3 (GPLv3)', 'GPL-3.0-only', 'GPL3', 'GPL3 GPL'],
    ['GPL-3.0-only WITH GCC-exception-3.1', 'GPL-3.0-only WITH GCC-exception-3.1', 'GPL3', 'GPL3 GPL'],
    ['GPL-2.0-with-classpath-exception', 'GPL-2.0-only WITH Classpath-exception-2.0', 'GPL2', 'GPL2 GPL'],
    ['GPL-2.0-only OR MIT', 'GPL-2.0-only OR MIT', 'GPL2 MIT', 'GPL2 GPL MIT'],
    ['BSD-3-Clause OR GPL-3.0-only', 'BSD-3-Clause OR GPL-3.0-only', 'GPL3 BSD', 'GPL3 GPL BSD'],
    ['LGPL', 'LicenseRef-LGPL', 'LGPL', 'LGPL'],
    ['LGPLv3', 'LGPL-3.0-only', 'LGPL', 'LGPL'],
    ['LGPL-2.1', 'LGPL-2.1-only', 'LGPL', 'LGPL'],
    ['LGPL (>= 2.1)', 'LGPL-2.1-or-later', 'LGPL', 'LGPL'],
    ['LGPL-2.1-or-later AND MPL-1.1', 'LGPL-2.1-or-later AND MPL-1.1', 'LGPL Other', 'LGPL MOZILLA OTHER'],
    ['GNU Lesser General Public License v3', 'LGPL-3.0-only', 'LGPL', 'LGPL'],
    ['GNU Library General Public License v2 or later', 'LGPL-2.0-or-later', 'LGPL', 'LGPL'],
    [
      'MPL/GPL/LGPL',
      'LicenseRef-MPL OR LicenseRef-GPL OR LicenseRef-LGPL',
      'GPL2 GPL3 LGPL Other',
      'LGPL GPL3 GPL2 GPL MOZILLA OTHER',
    ],
    ['AGPL-3', 'AGPL-3.0-only', 'AGPL', 'AGPL'],
    ['AGPL-3.0-only', 'AGPL-3.0-only', 'AGPL', 'AGPL'],
    ['GNU Affero General Public License v3', 'AGPL-3.0-only', 'AGPL', 'AGPL'],
    ['PSF', 'PSF-2.0', 'PSF', 'PSF'],
    ['PSF-2.0', 'PSF-2.0', 'PSF', 'PSF'],
    ['Python-2.0', 'Python-2.0', 'PSF', 'PSF'],
    ['Python Software Foundation License', 'PSF-2.0', 'PSF', 'PSF'],
    ['CC0-1.0', 'CC0-1.0', 'Public-Domain', 'CC PUBLIC-DOMAIN'],
    ['CC0', 'CC0-1.0', 'Public-Domain', 'CC PUBLIC-DOMAIN'],
    ['CC-BY-4.0', 'CC-BY-4.0', 'Other', 'CC OTHER'],
    ['CC BY 4.0', 'CC-BY-4.0', 'Other', 'CC OTHER'],
    ['Creative Commons Attribution', 'LicenseRef-CC', 'Other', 'CC OTHER'],
    ['MPL-2.0', 'MPL-2.0', 'Other', 'MOZILLA OTHER'],
    ['Mozilla Public License 2.0 (MPL 2.0)', 'MPL-2.0', 'Other', 'MOZILLA OTHER'],
    ['Public Domain', 'LicenseRef-Public-Domain', 'Public-Domain', 'PUBLIC-DOMAIN'],
    ['PUBLIC-DOMAIN', 'LicenseRef-Public-Domain', 'Public-Domain', 'PUBLIC-DOMAIN'],
    ['LicenseRef-Public-Domain', 'LicenseRef-Public-Domain', 'Public-Domain', 'PUBLIC-DOMAIN'],
    ['Unlicense', 'Unlicense', 'Public-Domain', 'PUBLIC-DOMAIN'],
    ['blessing', 'blessing', 'Public-Domain', 'PUBLIC-DOMAIN'],
    ['Proprietary', 'LicenseRef-Proprietary', 'Proprietary', 'PROPRIETARY'],
    ['NVIDIA Proprietary', 'LicenseRef-Proprietary', 'Proprietary', 'PROPRIETARY'],
    [
      'LicenseRef-NVIDIA-End-User-License-Agreement',
      'LicenseRef-NVIDIA-End-User-License-Agreement',
      'Proprietary',
      'PROPRIETARY',
    ],
    ['Commercial', 'LicenseRef-Proprietary', 'Proprietary', 'PROPRIETARY'],
    ['Free for non-commercial use', 'LicenseRef-Free-for-non-commercial-use', 'Other', 'OTHER'],
    ['zlib', 'Zlib', 'Other', 'OTHER'],
    ['zlib/libpng', 'Zlib', 'Other', 'OTHER'],
    ['ISC', 'ISC', 'Other', 'OTHER'],
    ['ISC License', 'ISC', 'Other', 'OTHER'],
    ['BSL-1.0', 'BSL-1.0', 'Other', 'OTHER'],
    ['Boost Software License 1.0', 'BSL-1.0', 'Other', 'OTHER'],
    ['Artistic-2.0', 'Artistic-2.0', 'Other', 'OTHER'],
    ['EPL v1.0', 'EPL-1.0', 'Other', 'OTHER'],
    ['Tcl/Tk', 'TCL', 'Other', 'OTHER'],
    ['HPND', 'HPND', 'Other', 'OTHER'],
    ['Custom', 'LicenseRef-Custom', 'Other', 'OTHER'],
    ['LicenseRef-MIT-like', 'LicenseRef-MIT-like', 'Other', 'OTHER'],
    ['LicenseRef-GPL-with-strings', 'LicenseRef-GPL-with-strings', 'GPL2 GPL3', 'GPL3 GPL2 GPL'],
    ['file LICENSE', 'LicenseRef-file-LICENSE', 'Other', 'OTHER'],
    ['Unlimited', 'LicenseRef-Unlimited', 'Other', 'OTHER'],
    ['Other', 'LicenseRef-Other', 'Other', 'OTHER'],
    ['???', 'LicenseRef-unknown', 'Other', 'OTHER'],
    ['', undefined, '', 'NONE'],
    ['  ', undefined, '', 'NONE'],
    ['None', undefined, '', 'NONE'],
    [undefined, undefined, '', 'NONE'],
  ])('%j', (raw, spdx, ae5, condaBuild) => {
    const licence = parseLicence(raw);
    expect(licence.spdx).toBe(spdx);
    expect(mentioned(licence, lists.ae5)).toBe(ae5);
    expect(mentioned(licence, lists.condaBuild)).toBe(condaBuild);
    const cli = ae5 === '' ? 'none' : ae5.toLowerCase().replace('-', '_');
    expect(mentioned(licence, lists.cli)).toBe(cli);
    expect(licence.raw).toBe(raw);
  });

  it.each([
    ['zlib', 'Other', 'Other'],
    ['BSD', 'BSD', 'BSD'],
    ['Custom', 'GPL3', 'GPL3'],
    ['ISC', 'BSD', 'BSD'],
    ['GPL', 'GPL3', 'GPL3'],
    ['GPL', 'GPL', 'GPL2 GPL3'],
    ['GPL', 'MIT', 'GPL2 GPL3'],
    ['GPL-3.0-only', 'MIT', 'GPL3'],
    ['MIT', 'OTHER', 'MIT'],
    ['MIT AND LicenseRef-x', 'MIT', 'MIT Other'],
    [null, 'Apache', 'Apache'],
    ['', 'PUBLIC-DOMAIN', 'Public-Domain'],
    ['Custom', 'nonsense', 'Other'],
    [null, 'NONE', ''],
    [null, null, ''],
    [undefined, 'OTHER', ''],
  ])('%j with the declared family %j', (raw, family, ae5) => {
    expect(mentioned(parseLicence(raw, family), lists.ae5)).toBe(ae5);
  });

  it('takes a whole licence text for one unknown licence', () => {
    expect(parseLicence('MIT or so. '.repeat(1000)).spdx).toBe('LicenseRef-text');
  });

  it('reads its own SPDX expression as the same licence', () => {
    const words = fc.constantFrom(
      'MIT',
      'GPL',
      'GPL-2',
      'BSD',
      'Custom',
      'and',
      'or',
      ',',
      '|',
      '(',
      ')',
      '/',
      '+',
      'WITH',
      'LLVM-exception',
    );
    fc.assert(
      fc.property(fc.array(words), (parts) => {
        const licence = parseLicence(parts.join(' '));
        if (licence.spdx === undefined) return;
        const again = parseLicence(licence.spdx);
        expect(again.spdx).toBe(licence.spdx);
      }),
      { numRuns: 500 },
    );
  });

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), fc.string(), (raw, family) => {
        expect(parseLicence(raw, family).families.length).toBeGreaterThan(0);
      }),
    );
    expect(parseLicence('('.repeat(500)).families).toEqual(['Other']);
  });
});

describe('a name of a licence', () => {
  it.each([
    ['AGPL', 'AGPL'],
    ['agpl', 'AGPL'],
    ['GPL-2', 'GPL2'],
    ['Public-Domain', 'Public-Domain'],
    ['public_domain', 'Public-Domain'],
    ['PUBLIC DOMAIN', 'Public-Domain'],
    ['APACHE', 'Apache'],
    ['mozilla', 'Mozilla'],
    ['none', 'None'],
    [' MIT ', 'MIT'],
    ['gpl-3.0-only', 'GPL-3.0-only'],
    ['GPL-3.0', 'GPL-3.0-only'],
    ['GPL-2.0+', 'GPL-2.0-or-later'],
    ['bsd-3-clause', 'BSD-3-Clause'],
    ['LicenseRef-Custom', 'LicenseRef-Custom'],
  ])('%j is %s', (text, printed) => {
    expect(printLicenceName(parseLicenceName(text))).toBe(printed);
  });

  it.each(['', 'gpl4', 'MIT OR BSD', 'Apache-2.0+', 'LicenseRef-', 'GPL-2.0-with-classpath-exception'])(
    '%j is refused',
    (text) => {
      expect(() => parseLicenceName(text)).toThrow(expect.objectContaining({ code: 'licence_unknown' }));
    },
  );

  it('every name of every vendor is known', () => {
    for (const name of [...Object.values(lists).flat(), ...Object.keys(familyNames)])
      expect(parseLicenceName(name).kind).toBe('family');
  });
});

describe('filtering by licence', () => {
  // What a filter that excludes these, and one that includes only these, does with the licence.
  it.each([
    ['GPL-3.0-only', ['GPL3'], 'drop', 'keep'],
    ['GPL-3.0-only', ['GPL2'], 'keep', 'drop'],
    ['GPL-3.0-only', ['gpl'], 'drop', 'keep'],
    ['GPL-3.0-only', ['GPL-3.0-only'], 'drop', 'keep'],
    ['GPL-3.0-or-later', ['GPL-3.0-only'], 'keep', 'drop'],
    ['GPL', ['GPL2'], 'drop', 'drop'],
    ['GPL', ['GPL3'], 'drop', 'drop'],
    ['GPL', ['GPL2', 'GPL3'], 'drop', 'keep'],
    ['GPL', ['gpl'], 'drop', 'keep'],
    ['GPL', ['LGPL', 'AGPL'], 'keep', 'drop'],
    ['MIT AND GPL-3.0-only', ['GPL3'], 'drop', 'drop'],
    ['MIT AND GPL-3.0-only', ['GPL3', 'MIT'], 'drop', 'keep'],
    ['MIT OR GPL-3.0-only', ['GPL3'], 'keep', 'keep'],
    ['MIT OR GPL-3.0-only', ['MIT', 'GPL3'], 'drop', 'keep'],
    ['MIT OR GPL-3.0-only', ['Apache'], 'keep', 'drop'],
    ['(MIT OR GPL-3.0-only) AND BSD-3-Clause', ['GPL3'], 'keep', 'drop'],
    ['(MIT OR GPL-3.0-only) AND BSD-3-Clause', ['MIT', 'BSD'], 'drop', 'keep'],
    ['Apache-2.0 WITH LLVM-exception', ['Apache-2.0'], 'drop', 'keep'],
    ['MIT', ['BSD', 'MIT'], 'drop', 'keep'],
    ['X11', ['MIT'], 'drop', 'keep'],
    ['X11', ['x11'], 'drop', 'keep'],
    ['MPL-2.0', ['Other'], 'drop', 'keep'],
    ['CC0-1.0', ['Public-Domain'], 'drop', 'keep'],
    ['CC0-1.0', ['Other'], 'keep', 'drop'],
    ['LicenseRef-Custom', ['LicenseRef-Custom'], 'drop', 'keep'],
    ['GPL-3.0-only or whatever', ['GPL3'], 'drop', 'drop'],
    ['', ['none'], 'drop', 'keep'],
    ['', ['Other'], 'keep', 'drop'],
    [null, ['MIT'], 'keep', 'drop'],
  ])('%j by %j: exclude → %s, include → %s', (raw, filter, exclude, include) => {
    const licence = parseLicence(raw);
    expect(licenceAvoids(licence, names(...filter)) ? 'keep' : 'drop').toBe(exclude);
    expect(licenceWithin(licence, names(...filter)) ? 'keep' : 'drop').toBe(include);
  });

  it('asks a predicate about every licence with family and identifier', () => {
    const asked: string[] = [];
    licenceAllowed(parseLicence('MIT AND (GPL OR BSD-2-Clause+)'), (family, id) => {
      asked.push(`${family} ${id}`);
      return true;
    });
    expect(asked).toEqual(['MIT MIT', 'GPL2 LicenseRef-GPL', 'GPL3 LicenseRef-GPL']);
  });

  it('excluding more never keeps more, including more never keeps less', () => {
    const anyName = fc.constantFrom(...Object.keys(familyNames)).map(parseLicenceName);
    const raw = fc
      .array(fc.constantFrom('MIT', 'GPL', 'GPL-3.0-only', 'BSD', 'Custom', 'CC0', 'AND', 'OR', '(', ')', ','), {
        maxLength: 9,
      })
      .map((words) => words.join(' '));
    fc.assert(
      fc.property(raw, fc.array(anyName), anyName, (text, list, more) => {
        const licence = parseLicence(text);
        if (licenceAvoids(licence, [...list, more])) expect(licenceAvoids(licence, list)).toBe(true);
        if (licenceWithin(licence, list)) expect(licenceWithin(licence, [...list, more])).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
