import { parseLicence } from '../licence/parse-licence.ts';
import { canonicalId } from '../licence/spdx-id.ts';
import type { CoreMetadata } from './core-metadata.ts';

/** What a package says of its licence. */
export type PythonLicenceFacts = Partial<Pick<CoreMetadata, 'license' | 'licenseExpression' | 'classifiers'>>;

/** Classifiers whose words do not tell, without what they begin with, and what they mean. */
const meanings: Record<string, string> = {
  'Academic Free License (AFL)': 'AFL-3.0',
  'Blue Oak Model License (BlueOak-1.0.0)': 'BlueOak-1.0.0',
  'CeCILL-B Free Software License Agreement (CECILL-B)': 'CECILL-B',
  'CeCILL-C Free Software License Agreement (CECILL-C)': 'CECILL-C',
  'CEA CNRS Inria Logiciel Libre License, version 2.1 (CeCILL-2.1)': 'CECILL-2.1',
  'Common Public License': 'CPL-1.0',
  'GNU Free Documentation License (FDL)': 'LicenseRef-FDL',
  'GNU Library or Lesser General Public License (LGPL)': 'LGPL',
  'IBM Public License': 'IPL-1.0',
  'Mozilla Public License 1.0 (MPL)': 'MPL-1.0',
  'Nethack General Public License': 'NGPL',
  'Netscape Public License (NPL)': 'NPL-1.1',
  'Other/Proprietary License': 'LicenseRef-Proprietary',
  'Python License (CNRI Python License)': 'CNRI-Python',
  'Qt Public License (QPL)': 'QPL-1.0',
  'Sun Public License': 'SPL-1.0',
  'Universal Permissive License (UPL)': 'UPL-1.0',
};

/**
 * The text that says the licence of a Python package best, for `parseLicence`: the SPDX expression; else the classifiers, of
 * which all count, since they do not say whether one may choose; else the text. A text in SPDX identifiers makes classifiers of the
 * very same families more exact (`BSD License` and the text `BSD-2-Clause`). Undefined where nothing is said.
 *
 * @see PEP 639; PyPA "Core metadata specifications"
 */
export function pythonLicenceText({
  licenseExpression,
  classifiers = [],
  license,
}: PythonLicenceFacts): string | undefined {
  if (licenseExpression !== undefined) return licenseExpression;
  const named = [...new Set(classifiers.flatMap(classifierMeaning))].sort();
  if (named.length === 0) return license;
  const said = named.join(' AND ');
  return license !== undefined && isExactly(license, said) ? license : said;
}

/** What a classifier says of the licence: nothing, or one text. */
function classifierMeaning(classifier: string): string[] {
  const parts = classifier.split('::').map((part) => part.trim());
  if (parts[0] !== 'License') return [];
  const words = parts.at(-1)!;
  if (parts.length < 2 || words === 'OSI Approved' || words === 'DFSG approved') return [];
  const meaning = meanings[words];
  if (meaning !== undefined) return [meaning];
  const short = /\(([^()]+)\)$/.exec(words)?.[1]?.replaceAll(' ', '-');
  const id = short === undefined || /[+]/.test(short) ? undefined : canonicalId(short);
  if (id !== undefined && !/[ +]/.test(id)) return [id];
  const { spdx } = parseLicence(words);
  return [spdx === undefined || spdx.includes('LicenseRef-') ? words : spdx];
}

function isExactly(text: string, said: string): boolean {
  const { spdx, families } = parseLicence(text);
  if (spdx === undefined || spdx.includes('LicenseRef-')) return false;
  return families.join() === parseLicence(said).families.join();
}
