import { excerpt, FormatError } from '../errors.ts';
import { familyNames, type LicenceFamily, type LicenceFamilyName, readFamilyName } from './family.ts';
import { canonicalId } from './spdx-id.ts';

/** What a filter or policy names: a family, or one licence by its SPDX identifier. */
export type LicenceName = { kind: 'family'; family: LicenceFamilyName } | { kind: 'spdx'; id: string };

/**
 * Read a name out of a filter: a family in any vendor's spelling, or an SPDX identifier in any letter case. `MIT` is
 * the family, which the licence of that name is part of.
 *
 * @throws {FormatError} `licence_unknown`.
 */
export function parseLicenceName(text: string): LicenceName {
  const word = text.trim();
  const family = readFamilyName(word);
  if (family !== undefined) return { kind: 'family', family };
  const id = /^LicenseRef-[A-Za-z0-9.-]+$/.test(word) ? word : canonicalId(word);
  if (id !== undefined && !/[ +]/.test(id)) return { kind: 'spdx', id };
  const wanted = `one of ${Object.keys(familyNames).join(', ')}, or an SPDX identifier`;
  throw new FormatError('licence_unknown', `${excerpt(text)} names no licence: give ${wanted}.`, {
    wanted,
    found: excerpt(text),
  });
}

/** The name as we write it. */
export function printLicenceName(name: LicenceName): string {
  return name.kind === 'family' ? name.family : name.id;
}

/** Whether a name covers a licence of this family and this identifier (or `LicenseRef`). */
export function licenceNameCovers(name: LicenceName, family: LicenceFamily, id: string): boolean {
  if (name.kind === 'spdx') return name.id === id;
  return (familyNames[name.family] as readonly LicenceFamily[]).includes(family);
}
