import { readRecord } from '@sluice/formats/conda';
import { md5ToBytes, sha256ToBytes } from '@sluice/formats/digest';
import type { FactsRow } from './builder.ts';
import { recordHash } from './text-hash.ts';

/**
 * The facts of one conda file, read from its record's verbatim text.
 *
 * @throws {FormatError} when the text is not a record.
 */
export function condaFactsRow(file: string, body: Uint8Array, fromRev: number): FactsRow {
  const record = readRecord(body);
  return {
    file,
    name: record.name,
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
    recordHash: recordHash(file, body),
  };
}
