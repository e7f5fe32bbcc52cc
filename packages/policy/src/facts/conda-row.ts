import {
  type CondaRecord,
  isAsciiAt,
  type PackageFileName,
  type PlainRecord,
  parseFileName,
  readPlainRecord,
  readRecord,
  readTimestamp,
  type ValuePlace,
} from '@sluice/formats/conda';
import { md5ToBytes, sha256ToBytes } from '@sluice/formats/digest';
import { FormatError } from '@sluice/formats/errors';
import type { FactsRow } from './builder.ts';
import type { LicenceText } from './facts.ts';
import { type ListedWith, nameHashAt, recordHash } from './text-hash.ts';

/**
 * The facts of one conda file, read from its record's verbatim text.
 *
 * The record must be about the file it stands under: rules judge what it says, and the client installs what the file name
 * says. Upper and lower case count as the same; the facts have the name as the file has it, in lower case.
 *
 * @param extra what it is listed with, beside its text. A record that needs the v3 bucket is v3 wherever it was listed.
 * @throws {FormatError} `record_shape` when the text is not a record, `record_file_mismatch` when it is that of another
 *   package, and what `parseFileName` throws.
 */
export function condaFactsRow(file: string, body: Uint8Array, fromRev: number, extra: ListedWith = {}): FactsRow {
  const plain = readPlainRecord(body);
  if (plain) {
    const said = parseFileName(file);
    if (isAbout(body, plain, said)) return plainRow(file, body, fromRev, extra, plain, said);
  }
  return anyRow(file, body, fromRev, extra);
}

/** Where a record is plain, its facts are read from where they lie, and what the file name says as well is not read again. */
function plainRow(
  file: string,
  body: Uint8Array,
  fromRev: number,
  extra: ListedWith,
  plain: PlainRecord,
  { name, version, build }: PackageFileName,
): FactsRow {
  const v3 = extra.v3 === true;
  return {
    file,
    name,
    version,
    build,
    buildNumber: Math.max(0, plain.build_number),
    licence: plainLicence(body, plain),
    python: plainPython(body, plain),
    timestamp: readTimestamp(plain.timestamp),
    size: plain.size < 0 ? undefined : plain.size,
    sha256: plainDigest(body, plain.sha256),
    md5: plainDigest(body, plain.md5),
    fromRev,
    length: body.byteLength,
    v3,
    signed: Boolean(extra.signatures),
    recordHash: recordHash(file, body, { ...extra, v3 }),
  };
}

function isAbout(body: Uint8Array, { name, version, build }: PlainRecord, said: PackageFileName): boolean {
  return isText(body, name, said.name) && isText(body, version, said.version) && isText(body, build, said.build);
}

function isText(body: Uint8Array, { at, end }: ValuePlace, text: string): boolean {
  return isAsciiAt(body, at, end, text);
}

/** The licence read last: files of one package come in a row, and mostly have one. */
let lastLicence: LicenceText = {};

function plainLicence(body: Uint8Array, { license, license_family: family }: PlainRecord): LicenceText {
  const { license: lastText = '', family: lastFamily = '' } = lastLicence;
  // None lies nowhere, at −1, and is as long as an empty text.
  if (isText(body, license, lastText) && isText(body, family, lastFamily)) return lastLicence;
  lastLicence = {
    ...(license.at < 0 ? {} : { license: textAt(body, license) }),
    ...(family.at < 0 ? {} : { family: textAt(body, family) }),
  };
  return lastLicence;
}

/** Dependencies read lately, each where its hash says: files for one Python and the next come by turns, and these are few. */
const latePythons: string[] = Array.from({ length: 64 }, () => '');

function plainPython(body: Uint8Array, { python }: PlainRecord): string {
  if (python.at < 0) return '';
  const place = nameHashAt(body, python.at, python.end) % latePythons.length;
  if (!isText(body, python, latePythons[place]!)) latePythons[place] = textAt(body, python);
  return latePythons[place]!;
}

function textAt(body: Uint8Array, { at, end }: ValuePlace): string {
  return String.fromCharCode(...body.subarray(at, end));
}

function plainDigest(body: Uint8Array, { at, end }: ValuePlace): Uint8Array | undefined {
  if (at < 0) return undefined;
  const digest = new Uint8Array((end - at) / 2);
  for (let i = 0; i < digest.length; i++) {
    digest[i] = (nibble(body[at + i * 2]!) << 4) | nibble(body[at + i * 2 + 1]!);
  }
  return digest;
}

/** The value of one lower-case hex digit. */
function nibble(byte: number): number {
  return byte < 0x3a ? byte - 0x30 : byte - 0x57;
}

function anyRow(file: string, body: Uint8Array, fromRev: number, extra: ListedWith): FactsRow {
  const record = readRecord(body);
  const said = parseFileName(file);
  agree(record, said);
  const v3 = extra.v3 === true || record.v3;
  return {
    file,
    name: said.name,
    version: record.version,
    build: record.build,
    buildNumber: record.build_number,
    licence: {
      ...(record.license === undefined ? {} : { license: record.license }),
      ...(record.license_family === undefined ? {} : { family: record.license_family }),
    },
    python: record.depends.filter(isAboutPython).join('\n'),
    timestamp: record.timestamp,
    size: record.size,
    sha256: record.sha256 === undefined ? undefined : sha256ToBytes(record.sha256),
    md5: record.md5 === undefined ? undefined : md5ToBytes(record.md5),
    fromRev,
    length: body.byteLength,
    v3,
    signed: Boolean(extra.signatures),
    recordHash: recordHash(file, body, { ...extra, v3 }),
  };
}

/** A dependency that cannot be read as one is about Python all the same when it begins so. */
function isAboutPython(text: string): boolean {
  return /^\s*python(?![\w.-])/.test(text);
}

function agree(record: CondaRecord, said: PackageFileName): void {
  for (const key of ['name', 'version', 'build'] as const) {
    if (record[key] === said[key] || record[key].toLowerCase() === said[key].toLowerCase()) continue;
    throw new FormatError(
      'record_file_mismatch',
      `The record says ${key} ${excerpt(record[key])}, its file name says ${said[key]}: the source must index the package again.`,
      { wanted: `${key} ${said[key]}`, found: `${key} ${excerpt(record[key])}` },
    );
  }
}

function excerpt(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
