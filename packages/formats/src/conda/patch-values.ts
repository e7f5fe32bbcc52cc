import { excerpt, FormatError } from '../errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';

/** What a value must be, and a test for it. */
type Wanted = readonly [text: string, suits: (value: JsonValue) => boolean];

const isText = (value: JsonValue): boolean => typeof value === 'string';
const isTexts = (value: JsonValue): boolean => Array.isArray(value) && value.every(isText);

const text: Wanted = ['a text or null', isText];
const integer: Wanted = ['a whole number or null', Number.isSafeInteger];

/** Keys that rattler reads by their type: another one costs it all of the package, in every version. */
const wantedOf: Readonly<Record<string, Wanted>> = {
  arch: text,
  extra_depends: [
    'an object of lists of MatchSpecs, or null',
    (value) => isJsonObject(value) && Object.values(value).every(isTexts),
  ],
  features: text,
  flags: ['a list of texts, or null', isTexts],
  legacy_bz2_md5: text,
  legacy_bz2_size: integer,
  license: text,
  license_family: text,
  noarch: [
    '"generic", "python", a truth value or null',
    (value) => ['generic', 'python', true, false].includes(value as never),
  ],
  platform: text,
  purls: [
    'a list of texts that begin with pkg:, or null',
    (value) => isTexts(value) && (value as string[]).every(isPurl),
  ],
  python_site_packages_path: text,
  timestamp: integer,
  track_features: ['a text, a list of texts, or null', (value) => isText(value) || isTexts(value)],
};

const isPurl = (value: string): boolean => value.startsWith('pkg:');

/**
 * Refuse a `patch_instructions.json`, read already, that would give a key of a record a value clients cannot read. Not for documents
 * that were taken before: what is in force stays readable.
 *
 * @throws {FormatError} `patch_instructions`.
 */
export function checkPatchValues(document: JsonObject): void {
  const v3 = document.v3 ?? {};
  for (const map of [document.packages, document['packages.conda'], ...(isJsonObject(v3) ? Object.values(v3) : [])]) {
    if (!isJsonObject(map)) continue;
    for (const [file, fix] of Object.entries(map)) if (isJsonObject(fix)) checkFix(file, fix);
  }
}

function checkFix(file: string, fix: JsonObject): void {
  for (const [key, value] of Object.entries(fix)) {
    const wanted = Object.hasOwn(wantedOf, key) ? wantedOf[key] : undefined;
    if (!wanted || value === null || wanted[1](value)) continue;
    throw new FormatError(
      'patch_instructions',
      `patch_instructions.json needs ${wanted[0]} as ${key} of ${excerpt(file)}: with another value, clients lose the package.`,
      { wanted: wanted[0], found: excerpt(JSON.stringify(value)) },
    );
  }
}
