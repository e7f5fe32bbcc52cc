/**
 * The families a licence can be of, fine enough that every vendor's list can be told from them. `CC0` is both Creative
 * Commons and public domain; `None` is a package that names no licence.
 */
export type LicenceFamily =
  | 'AGPL'
  | 'Apache'
  | 'BSD'
  | 'CC'
  | 'CC0'
  | 'GPL2'
  | 'GPL3'
  | 'LGPL'
  | 'MIT'
  | 'Mozilla'
  | 'None'
  | 'Other'
  | 'PSF'
  | 'Proprietary'
  | 'Public-Domain';

/**
 * The names people use for families in filters and policies, as we write them, and what each covers: the list of
 * Enterprise 5 (AGPL … Other), the CLI's (with `none`) and conda-build's (with GPL, CC, MOZILLA).
 *
 * The shorter lists know no CC and no Mozilla, so there `Other` has to cover them.
 */
export const familyNames = {
  AGPL: ['AGPL'],
  Apache: ['Apache'],
  BSD: ['BSD'],
  CC: ['CC', 'CC0'],
  GPL: ['GPL2', 'GPL3'],
  GPL2: ['GPL2'],
  GPL3: ['GPL3'],
  LGPL: ['LGPL'],
  MIT: ['MIT'],
  Mozilla: ['Mozilla'],
  None: ['None'],
  Other: ['Other', 'CC', 'Mozilla'],
  PSF: ['PSF'],
  Proprietary: ['Proprietary'],
  'Public-Domain': ['Public-Domain', 'CC0'],
} as const satisfies Record<string, readonly LicenceFamily[]>;

/** A name from `familyNames`. */
export type LicenceFamilyName = keyof typeof familyNames;

const byFoldedName = new Map(Object.keys(familyNames).map((name) => [fold(name), name as LicenceFamilyName]));

/** The family a text names in anybody's spelling: `public_domain`, `PUBLIC-DOMAIN`, `Public Domain` are one. */
export function readFamilyName(text: string): LicenceFamilyName | undefined {
  return byFoldedName.get(fold(text));
}

/** What each SPDX identifier is of, first match. A bare GPL, and version 1, which any GPL replaces, are of both. */
const byId: readonly [RegExp, readonly LicenceFamily[]][] = [
  [/^AGPL-/, ['AGPL']],
  [/^LGPL/, ['LGPL']],
  [/^GPL-1/, ['GPL2', 'GPL3']],
  [/^GPL-2/, ['GPL2']],
  [/^GPL-3/, ['GPL3']],
  [/^(?:BSD-|0BSD)/, ['BSD']],
  [/^(?:MIT$|MIT-|X11)/, ['MIT']],
  [/^Apache-/, ['Apache']],
  [/^(?:PSF-|Python-2)/, ['PSF']],
  [/^CC0-/, ['CC0']],
  [/^(?:Unlicense|blessing|CC-PDDC|PDDL-1\.0|NIST-PD|SAX-PD)/, ['Public-Domain']],
  [/^CC-/, ['CC']],
  [/^MPL-/, ['Mozilla']],
];

/** The families of an SPDX identifier. All of them must be allowed for the licence to be. */
export function familiesOfId(id: string): readonly LicenceFamily[] {
  return byId.find(([shape]) => shape.test(id))?.[1] ?? ['Other'];
}

function fold(text: string): string {
  return text.toLowerCase().replace(/[\s_-]/g, '');
}
