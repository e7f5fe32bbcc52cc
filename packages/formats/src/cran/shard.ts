import { isJsonObject, type JsonObject, parseJson, parseJsonObject, writeJson } from '../conda/json.ts';
import { FormatError } from '../errors.ts';
import { decodeUtf8, encodeUtf8 } from '../utf8.ts';
import { parseDcf } from './dcf.ts';

/** A file as publications store it: its paragraph, and the JSON read beside it. */
export interface RShardFile {
  readonly file: string;
  readonly body: string;
  readonly extra: string | null;
}

/** The files of one package name as publications store them. The same files in the same order give the same bytes. */
export function writeRShard(name: string, files: readonly RShardFile[]): Uint8Array {
  return encodeUtf8(writeJson({ name, files: files.map(({ file, body, extra }) => ({ file, body, extra })) }));
}

/**
 * The files of a shard with their texts.
 *
 * @throws {FormatError} `r_shard` when it is none.
 */
export function readRShardTexts(bytes: Uint8Array, name: string): RShardFile[] {
  const { files } = parseJsonObject(decodeUtf8(bytes), `The stored files of ${name}`, 'r_shard');
  if (!Array.isArray(files)) throw invalid(name);
  return files.map((item) => {
    if (!isJsonObject(item) || typeof item.file !== 'string' || typeof item.body !== 'string') throw invalid(name);
    return { file: item.file, body: item.body, extra: typeof item.extra === 'string' ? item.extra : null };
  });
}

/**
 * The files of a shard with their fields by name; what was read beside a record stands in `aside`.
 *
 * @throws {FormatError} `r_shard`, `dcf_syntax`.
 */
export function readRShard(bytes: Uint8Array, name: string): { file: string; record: JsonObject; aside: JsonObject }[] {
  return readRShardTexts(bytes, name).map(({ file, body, extra }) => {
    const aside = extra === null ? {} : parseJson(extra, `What stands beside ${file}`, 'r_shard');
    return { file, record: Object.fromEntries(parseDcf(body)), aside: isJsonObject(aside) ? aside : {} };
  });
}

function invalid(name: string): FormatError {
  return new FormatError('r_shard', `The stored files of ${name} cannot be read.`, {
    wanted: '"files", a list',
    found: 'other',
  });
}
