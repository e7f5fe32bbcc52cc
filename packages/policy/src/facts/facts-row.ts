import { readRecord } from '@sluice/formats/conda';
import type { FactsRow } from './builder.ts';
import { textHash } from './text-hash.ts';

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
      ...(record.license == null ? {} : { license: record.license }),
      ...(record.license_family == null ? {} : { family: record.license_family }),
    },
    timestamp: record.timestamp,
    size: record.size,
    sha256: record.sha256 === undefined ? undefined : hexToBytes(record.sha256),
    md5: record.md5 === undefined ? undefined : hexToBytes(record.md5),
    fromRev,
    length: body.byteLength,
    textHash: textHash(body),
  };
}

function hexToBytes(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16);
  return bytes;
}
