import { isJsonObject, type JsonObject, type JsonValue, parseJsonObject } from '../../conda/json.ts';
import { countOf, textOf } from '../../conda/json-fields.ts';
import { FormatError } from '../../errors.ts';
import type { SimpleFile } from './simple-page.ts';

/** Names of digests, and digests as hex: anything else is not handed on. */
const algorithm = /^[a-z0-9_]{1,32}$/;
const hexDigest = /^[0-9a-f]{16,256}$/;

/**
 * Read the JSON object of one file, the text a record keeps.
 *
 * @throws {FormatError} `simple_malformed`: no JSON object, no file name.
 */
export function readSimpleFile(text: Uint8Array | string): SimpleFile {
  const file = viewSimpleFile(parseJsonObject(text, 'The description of a file', 'simple_malformed'));
  if (file !== undefined) return file;
  throw new FormatError('simple_malformed', 'The description of a file has no file name.', {
    wanted: '"filename"',
    found: 'none',
  });
}

/** A file out of its parsed object; undefined without a file name. Keys of a wrong type count as absent. */
export function viewSimpleFile(object: JsonObject): SimpleFile | undefined {
  const filename = textOf(object.filename);
  if (filename === undefined) return undefined;
  const file: { -readonly [K in keyof SimpleFile]: SimpleFile[K] } = {
    filename,
    url: textOf(object.url) ?? '',
    hashes: hashesOf(object.hashes),
    yanked: yankedOf(object.yanked),
    coreMetadata: coreMetadataOf(object['core-metadata'] ?? object['dist-info-metadata']),
  };
  // Of a page's thousands of files, each is read several times; spreading would take as long as parsing.
  const requiresPython = textOf(object['requires-python']);
  if (requiresPython !== undefined) file.requiresPython = requiresPython;
  const size = countOf(object.size);
  if (size !== undefined) file.size = size;
  const uploadTime = textOf(object['upload-time']);
  if (uploadTime !== undefined) file.uploadTime = uploadTime;
  const provenance = textOf(object.provenance);
  if (provenance !== undefined) file.provenance = provenance;
  const gpgSig = object['gpg-sig'];
  if (typeof gpgSig === 'boolean') file.gpgSig = gpgSig;
  return file;
}

function hashesOf(value: JsonValue | undefined): Record<string, string> {
  const hashes: Record<string, string> = {};
  if (!isJsonObject(value)) return hashes;
  for (const name of Object.keys(value)) {
    const digest = value[name];
    if (typeof digest !== 'string') continue;
    const hex = digest.toLowerCase();
    if (!hexDigest.test(hex)) continue;
    const key = name.toLowerCase();
    if (key === 'sha256' || algorithm.test(key)) hashes[key] = hex;
  }
  return hashes;
}

/** Installers take an empty reason for "not yanked". */
function yankedOf(value: JsonValue | undefined): boolean | string {
  return typeof value === 'string' && value !== '' ? value : value === true;
}

function coreMetadataOf(value: JsonValue | undefined): SimpleFile['coreMetadata'] {
  const { sha256 } = hashesOf(value);
  return sha256 === undefined ? value === true || isJsonObject(value) : { sha256 };
}
