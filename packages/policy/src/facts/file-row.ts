import { md5ToBytes, parseMd5, parseSha256, sha256ToBytes } from '@sluice/formats/digest';
import { FormatError } from '@sluice/formats/errors';
import { generalFileKey, readGeneralFile } from '@sluice/formats/file';
import type { FactsRow } from './builder.ts';
import { type ListedWith, recordHash } from './text-hash.ts';

/**
 * The facts of a general file: its group as the name, its version, when it came.
 *
 * @throws {FormatError} `record_shape`, `general_file`, `record_file_mismatch` when the record is about another file.
 */
export function fileFactsRow(key: string, body: Uint8Array, fromRev: number, listed: ListedWith = {}): FactsRow {
  const said = readGeneralFile(body);
  if (generalFileKey(said) !== key) {
    throw new FormatError('record_file_mismatch', `The record is about ${generalFileKey(said)}, not ${key}.`, {
      wanted: key,
      found: generalFileKey(said),
    });
  }
  return {
    file: key,
    name: said.group,
    // What has no version is older than all that have.
    version: (said.version ?? '0').replaceAll('-', '_'),
    build: 'file',
    buildNumber: 0,
    licence: {},
    timestamp: said.uploaded,
    size: said.size,
    sha256: sha256ToBytes(parseSha256(said.sha256)),
    md5: md5ToBytes(parseMd5(said.md5)),
    fromRev,
    length: body.byteLength,
    recordHash: recordHash(key, body, listed),
  };
}
