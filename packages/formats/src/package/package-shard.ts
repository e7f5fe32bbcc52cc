import { isJsonObject, type JsonObject, parseJsonObject } from '../conda/json.ts';
import { readShardFields } from '../conda/shard-fields.ts';
import { decodeShard } from '../conda/shards.ts';
import { readRShard, readRShardTexts } from '../cran/shard.ts';
import { FormatError } from '../errors.ts';
import { decodeUtf8 } from '../utf8.ts';
import { type PackageType, packageTypeOf } from './package-type.ts';

/** A file of a shard: its key, what clients are shown of it, and what stands beside that. */
export interface ShardFile {
  file: string;
  record: JsonObject;
  /** Of conda: in which map it stands, and its run exports. */
  aside: JsonObject;
  /** Lower-case hex, where the record has one. */
  sha256?: string;
}

const readers: Record<PackageType, (bytes: Uint8Array, name: string) => ShardFile[]> = {
  conda: condaFiles,
  python: pythonFiles,
  r: readRShard,
  file: generalFiles,
};

/**
 * The files of one package name's shard, as publications store them (unpacked).
 *
 * @throws {FormatError} when it is none.
 */
export function readPackageShard(key: string, bytes: Uint8Array): ShardFile[] {
  const cut = key.indexOf('/');
  return readers[packageTypeOf(key.slice(0, cut))](bytes, key.slice(cut + 1));
}

/**
 * The files of a shard where these members of their records are enough: of conda the others are passed over, which takes a
 * fraction of the time.
 *
 * @param names neither digests nor run exports.
 * @throws {FormatError} when it is none.
 */
export function readPackageShardFields(
  key: string,
  bytes: Uint8Array,
  names: readonly string[],
): Pick<ShardFile, 'file' | 'record'>[] {
  const read = packageTypeOf(key.slice(0, key.indexOf('/'))) === 'conda' ? readShardFields(bytes, names) : undefined;
  return read?.map(({ fn, record }) => ({ file: fn, record })) ?? readPackageShard(key, bytes);
}

function generalFiles(bytes: Uint8Array, name: string): ShardFile[] {
  return readRShardTexts(bytes, name).map(({ file, body }) => {
    const record = parseJsonObject(body, `The record of ${file}`, 'record_shape');
    return { file, record, aside: {}, ...(typeof record.sha256 === 'string' && { sha256: record.sha256 }) };
  });
}

function condaFiles(bytes: Uint8Array): ShardFile[] {
  return decodeShard(bytes).records.map(({ fn, record, bucket, run_exports }) => ({
    file: fn,
    record,
    aside: { bucket, ...(run_exports && { run_exports: { ...run_exports } as JsonObject }) },
    ...(typeof record.sha256 === 'string' && { sha256: record.sha256 }),
  }));
}

function pythonFiles(bytes: Uint8Array, name: string): ShardFile[] {
  const page = parseJsonObject(decodeUtf8(bytes), `The stored page of ${name}`, 'simple_malformed');
  const { files, 'project-status': status = null } = page;
  if (!Array.isArray(files) || !files.every(isJsonObject)) {
    throw new FormatError('simple_malformed', `The stored page of ${name} lists no files.`, {
      wanted: '"files", a list of objects',
      found: 'none',
    });
  }
  return files.map((record) => {
    const sha256 = isJsonObject(record.hashes) ? record.hashes.sha256 : undefined;
    return {
      file: `${name}/${String(record.filename)}`,
      record,
      aside: { status },
      ...(typeof sha256 === 'string' && { sha256 }),
    };
  });
}
