import { parseJsonObject, writeJson } from '../conda/json.ts';
import { parseMd5, parseSha256 } from '../digest/index.ts';
import { FormatError } from '../errors.ts';
import { decodeUtf8 } from '../utf8.ts';
import { type GeneralFile, generalFileKey } from './general-file.ts';

/** The record of a general file, as JSON. */
export function writeGeneralFile({ group, version, file, size, sha256, md5, uploaded }: GeneralFile): string {
  return writeJson({ group, version: version ?? null, file, size, sha256, md5, uploaded });
}

/**
 * Read what {@link writeGeneralFile} wrote.
 *
 * @throws {FormatError} `record_shape`, `general_file`.
 */
export function readGeneralFile(body: Uint8Array): GeneralFile {
  const { group, version, file, size, sha256, md5, uploaded } = parseJsonObject(
    decodeUtf8(body),
    'The record of a general file',
    'record_shape',
  );
  const isWhole =
    typeof group === 'string' &&
    typeof file === 'string' &&
    typeof size === 'number' &&
    typeof sha256 === 'string' &&
    typeof md5 === 'string' &&
    typeof uploaded === 'number';
  if (!isWhole) {
    throw new FormatError('record_shape', 'The record of a general file lacks something.', {
      wanted: 'group, file, size, sha256, md5 and uploaded',
      found: 'less',
    });
  }
  const place = { group, version: typeof version === 'string' ? version : undefined, file };
  generalFileKey(place);
  return { ...place, size, sha256: parseSha256(sha256), md5: parseMd5(md5), uploaded };
}
