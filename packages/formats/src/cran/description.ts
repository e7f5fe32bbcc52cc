import { excerpt, FormatError } from '../errors.ts';
import { type DcfFields, parseDcf } from './dcf.ts';
import { decodeText } from './decode-text.ts';
import { parseRPackageName } from './package-name.ts';
import { parseRVersion } from './version.ts';

/** What a package says of itself. */
export interface RDescription {
  readonly name: string;
  /** As written. */
  readonly version: string;
  /** Where it was built, `R 4.5.0; x86_64-w64-mingw32; 2026-01-02 03:04:05 UTC; windows`; undefined in a source package. */
  readonly built: string | undefined;
  /** All fields, in the order of the file. */
  readonly fields: DcfFields;
}

/** Without these R itself refuses to build or install the package. */
const required = ['Package', 'Version', 'License'] as const;

/**
 * Read a package's DESCRIPTION. Its encoding is the one it names (UTF-8, latin1, latin2), else UTF-8, else Latin-1.
 * `Authors@R` is R code and stays a text.
 *
 * @throws {FormatError} `description` when a field is missing, `dcf_syntax`, `cran_package_name`, `cran_version`.
 * @see Writing R Extensions, "The DESCRIPTION file"
 */
export function parseDescription(bytes: Uint8Array): RDescription {
  const fields = parseDcf(decodeText(bytes));
  for (const name of required) {
    if (fields.get(name)?.trim()) continue;
    throw new FormatError('description', `DESCRIPTION has no field ${name}. Add it and build the package again.`, {
      wanted: `the fields ${required.join(', ')}`,
      found: excerpt([...fields.keys()].slice(0, 10).join(', ')),
    });
  }
  return {
    name: parseRPackageName(fields.get('Package')!),
    version: parseRVersion(fields.get('Version')!).text,
    built: fields.get('Built') || undefined,
    fields,
  };
}

/**
 * For which R a binary was built: its minor series, `4.5`, and the platform, empty where nothing was compiled. Undefined
 * when the field says no such thing.
 */
export function readBuilt(built: string): { minor: string; platform: string } | undefined {
  const match = /^R (\d{1,3}\.\d{1,3})(?:\.\d{1,3})?\s*;\s*([^;]{0,100}?)\s*;/.exec(built);
  return match === null ? undefined : { minor: match[1]!, platform: match[2]! };
}
