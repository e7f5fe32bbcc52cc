import { type JsonObject, writeJson } from '../../conda/json.ts';
import type { SimpleFile } from './simple-page.ts';

/**
 * One file as the JSON of PEP 691, deterministic: keys sorted, no blanks, the metadata under both of its names. An empty
 * address is left out.
 */
export function writeSimpleFile(file: SimpleFile): string {
  return writeJson(simpleFileObject(file));
}

/** As {@link writeSimpleFile}, not yet a text. */
export function simpleFileObject(file: SimpleFile): JsonObject {
  const { coreMetadata } = file;
  const metadata = typeof coreMetadata === 'object' ? { sha256: coreMetadata.sha256 } : coreMetadata;
  const object: JsonObject = {
    filename: file.filename,
    hashes: { ...file.hashes },
    yanked: file.yanked === '' ? false : file.yanked,
    'core-metadata': metadata,
    'dist-info-metadata': metadata,
  };
  if (file.url !== '') object.url = file.url;
  if (file.requiresPython !== undefined) object['requires-python'] = file.requiresPython;
  if (file.size !== undefined) object.size = file.size;
  if (file.uploadTime !== undefined) object['upload-time'] = file.uploadTime;
  if (file.provenance !== undefined) object.provenance = file.provenance;
  if (file.gpgSig !== undefined) object['gpg-sig'] = file.gpgSig;
  return object;
}
