import type { LicenceFamily } from './family.ts';
import { guessGnu } from './gnu.ts';
import { isProprietary, isPublicDomain } from './licence-ref.ts';
import { canonicalId } from './spdx-id.ts';
import { idLeaf, type LicenceTree, refLeaf } from './tree.ts';

/** One licence as read from words, and whether the words were understood. */
export interface NamedLicence {
  tree: LicenceTree;
  known: boolean;
}

/** Names that are no SPDX identifier but mean one and only one, in lower case without the word licence. */
const aliases: Record<string, string> = {
  'academic free 3.0': 'AFL-3.0',
  asl2: 'Apache-2.0',
  'asl 2.0': 'Apache-2.0',
  'apache 2': 'Apache-2.0',
  apache2: 'Apache-2.0',
  'artistic 2': 'Artistic-2.0',
  boost: 'BSL-1.0',
  'boost 1.0': 'BSL-1.0',
  'boost software 1.0': 'BSL-1.0',
  cc0: 'CC0-1.0',
  'eclipse public 1.0': 'EPL-1.0',
  'eclipse public 2.0': 'EPL-2.0',
  'epl 1': 'EPL-1.0',
  expat: 'MIT',
  'isc (iscl)': 'ISC',
  iscl: 'ISC',
  libtiff: 'libtiff',
  'mit (mit)': 'MIT',
  'the mit': 'MIT',
  'the mit (mit)': 'MIT',
  mpl2: 'MPL-2.0',
  'mpl 2': 'MPL-2.0',
  'mpl 1.1': 'MPL-1.1',
  'mozilla public 2.0': 'MPL-2.0',
  'mozilla public 2.0 (mpl 2.0)': 'MPL-2.0',
  'mozilla public 1.1': 'MPL-1.1',
  'new bsd': 'BSD-3-Clause',
  pil: 'HPND',
  'python software foundation': 'PSF-2.0',
  psf: 'PSF-2.0',
  psfl: 'PSF-2.0',
  'psf 2': 'PSF-2.0',
  'the unlicense': 'Unlicense',
  'the unlicense (unlicense)': 'Unlicense',
  'university of illinois/ncsa open source': 'NCSA',
  'zlib/libpng': 'Zlib',
  'zope public': 'ZPL-2.1',
  'tcl/tk': 'TCL',
};

/** What is left to tell by a word in it, first match. */
const byWord: readonly [RegExp, string, LicenceFamily][] = [
  [/apache|\basl\b/i, 'Apache', 'Apache'],
  [/\bbsd/i, 'BSD', 'BSD'],
  [/mozilla|\bmpl/i, 'MPL', 'Mozilla'],
  [/creative commons|\bcc[\s-]by/i, 'CC', 'CC'],
  [/\bpsf|python software foundation|^python$/i, 'PSF', 'PSF'],
  [/\bmit\b|\bx11\b|\bexpat\b/i, 'MIT', 'MIT'],
];

/** What R calls terms of the package's own. */
const ownTerms = /^(?:file\s+licen[sc]e|unlimited)$/i;

/** The licence whose one name a text is: an alias, or an SPDX identifier written with blanks. */
export function readLicenceName(text: string): LicenceTree | undefined {
  const name = fold(text);
  const id = aliases[name] ?? canonicalId(name.replaceAll(' ', '-'));
  return id === undefined || id.includes(' ') ? undefined : idLeaf(...splitPlus(id));
}

/**
 * One licence in people's words: an alias, an SPDX identifier written with blanks, a GNU or BSD licence in any of its
 * spellings, or at least its family. What says nothing is a `LicenseRef` of family Other.
 */
export function readLicenceWords(text: string): NamedLicence {
  const tree = readLicenceName(text);
  if (tree !== undefined) return { tree, known: true };
  const name = fold(text);
  const special = guessGnu(text) ?? guessBsd(name) ?? guessApache(name);
  if (special !== undefined) return { tree: special, known: true };
  if (isPublicDomain(text)) return { tree: refLeaf('Public-Domain', ['Public-Domain']), known: true };
  if (isProprietary(text)) return { tree: refLeaf('Proprietary', ['Proprietary']), known: true };
  const word = byWord.find(([shape]) => shape.test(text));
  if (word !== undefined) return { tree: refLeaf(word[1], [word[2]]), known: true };
  return { tree: refLeaf(text, ['Other']), known: ownTerms.test(text) };
}

function fold(text: string): string {
  const words = text.toLowerCase().replace(/\blicen[sc]ed?\b/g, ' ');
  return words.replace(/[\s_]+/g, ' ').trim();
}

function guessBsd(name: string): LicenceTree | undefined {
  if (!/\bbsd/.test(name)) return undefined;
  if (/\b(?:3|three)[\s-]?clause|bsd[\s-]?3|\b(?:new|modified|revised)\b/.test(name)) return idLeaf('BSD-3-Clause');
  if (/\b(?:2|two)[\s-]?clause|bsd[\s-]?2|\bsimplified\b/.test(name)) return idLeaf('BSD-2-Clause');
  if (/\b(?:4|four)[\s-]?clause|\b(?:original|old)\b/.test(name)) return idLeaf('BSD-4-Clause');
  return undefined;
}

function guessApache(name: string): LicenceTree | undefined {
  const version = /\bapache\b.*?\b(1\.[01]|2)(?:\.0)?\+?(?![\d.])/.exec(name)?.[1];
  return version === undefined ? undefined : idLeaf(version === '2' ? 'Apache-2.0' : `Apache-${version}`);
}

function splitPlus(id: string): [string, boolean] {
  return id.endsWith('+') ? [id.slice(0, -1), true] : [id, false];
}
