import { type CondaRecord, type PackageFileName, parseFileName, readRecord } from '@sluice/formats/conda';
import { md5ToBytes, sha256ToBytes } from '@sluice/formats/digest';
import { FormatError } from '@sluice/formats/errors';
import type { FactsRow } from './builder.ts';
import { type ListedWith, recordHash } from './text-hash.ts';

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
    timestamp: record.timestamp,
    size: record.size,
    sha256: record.sha256 === undefined ? undefined : sha256ToBytes(record.sha256),
    md5: record.md5 === undefined ? undefined : md5ToBytes(record.md5),
    fromRev,
    length: body.byteLength,
    v3,
    recordHash: recordHash(file, body, { ...extra, v3 }),
  };
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
