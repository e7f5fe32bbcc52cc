import type { JsonObject } from '../../conda/json.ts';
import type { SimpleFile } from './simple-page.ts';

/**
 * One file as the JSON of PEP 691, deterministic: keys sorted, no blanks, the metadata under both of its names. An empty
 * address is left out.
 */
export function writeSimpleFile(file: SimpleFile): string {
  return JSON.stringify(simpleFileObject(file));
}

/** As {@link writeSimpleFile}, not yet a text. The keys stand in their order, so that JSON.stringify writes them in it. */
export function simpleFileObject(file: SimpleFile): JsonObject {
  const { coreMetadata } = file;
  const metadata = typeof coreMetadata === 'object' ? { sha256: coreMetadata.sha256 } : coreMetadata;
  const object: JsonObject = {
    'core-metadata': metadata,
    'dist-info-metadata': metadata,
    filename: file.filename,
  };
  if (file.gpgSig !== undefined) object['gpg-sig'] = file.gpgSig;
  object.hashes = sortedHashes(file.hashes);
  if (file.provenance !== undefined) object.provenance = file.provenance;
  if (file.requiresPython !== undefined) object['requires-python'] = file.requiresPython;
  if (file.size !== undefined) object.size = file.size;
  if (file.uploadTime !== undefined) object['upload-time'] = file.uploadTime;
  if (file.url !== '') object.url = file.url;
  object.yanked = file.yanked === '' ? false : file.yanked;
  return object;
}

function sortedHashes(hashes: SimpleFile['hashes']): Record<string, string> {
  const names = Object.keys(hashes);
  return names.length < 2 ? hashes : Object.fromEntries(names.sort().map((name) => [name, hashes[name]!]));
}
