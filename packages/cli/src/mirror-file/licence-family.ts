import { parseLicenceName } from '@sluice/formats/licence';

/** The families of Enterprise 5. Ours know more, and SPDX identifiers; what these tools never had is taken all the same. */
const families = [
  'AGPL',
  'GPL2',
  'GPL3',
  'LGPL',
  'BSD',
  'MIT',
  'Apache',
  'PSF',
  'Public-Domain',
  'Proprietary',
  'Other',
] as const;

/** What is wrong with an entry of `license_blacklist`; nothing mostly. */
export function familyFault(text: string): string[] {
  try {
    parseLicenceName(text);
    return [];
  } catch {
    return [`license_blacklist: there is no licence family ${text}. Families are ${families.join(', ')}.`];
  }
}
