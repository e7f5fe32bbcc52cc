import type { DcfFields } from './dcf.ts';
import type { RDescription } from './description.ts';

/** The fields of a DESCRIPTION that an index shows, in the order of R's own writer; `Built` tells binaries apart. */
export const standardFields = [
  'Package',
  'Version',
  'Priority',
  'Depends',
  'Imports',
  'LinkingTo',
  'Suggests',
  'Enhances',
  'License',
  'License_is_FOSS',
  'License_restricts_use',
  'OS_type',
  'Archs',
  'MD5sum',
  'NeedsCompilation',
] as const;

/** What the package's file says beyond its DESCRIPTION. */
export interface PackedFile {
  /** Of the file, in hex. */
  readonly md5: string;
  /** Whether there is a folder `src/` in it. */
  readonly hasSources: boolean;
}

/**
 * The paragraph a package has in PACKAGES: the fields R's `write_PACKAGES` takes, and `Built` and `SystemRequirements`,
 * which are of use to people and to installers. The licence stays as it is written where R would leave out one that it
 * does not know: what decides about licences must see it.
 *
 * @see R's `tools::write_PACKAGES`
 */
export function packagesParagraph(description: RDescription, { md5, hasSources }: PackedFile): DcfFields {
  const { fields, built } = description;
  const row = new Map<string, string>();
  for (const name of standardFields) {
    const value = fieldOf(name);
    if (value) row.set(name, value);
  }
  for (const name of ['SystemRequirements', 'Built']) {
    const value = fields.get(name)?.trim();
    if (value) row.set(name, value);
  }
  return row;

  function fieldOf(name: string): string | undefined {
    if (name === 'MD5sum') return md5;
    const value = fields.get(name)?.trim();
    if (name === 'License') return value?.replace(/\s+/g, ' ');
    if (name !== 'NeedsCompilation' || value || built !== undefined) return value;
    return hasSources ? 'yes' : 'no';
  }
}
