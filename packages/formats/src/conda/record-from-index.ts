import type { Md5, Sha256 } from '../digest/index.ts';
import { FormatError } from '../errors.ts';
import { parseFileName } from './file-name.ts';
import type { IndexJson } from './index-json.ts';
import type { JsonObject } from './json.ts';
import { textsOf } from './json-fields.ts';

/** What the server knows of a package file by itself, from its bytes and its place. */
export interface IndexedFile {
  fileName: string;
  /** Of the channel, where the file is to be listed. */
  subdir: string;
  md5: Md5;
  sha256: Sha256;
  /** Bytes. */
  size: number;
}

/** Keys of index.json that conda-index leaves out of repodata. */
const DROPPED = [
  'arch',
  'binstar',
  'has_prefix',
  'machine',
  'mtime',
  'operatingsystem',
  'platform',
  'requires_features',
  'target-triplet',
  'ucs',
];

/** Keys only the server may set: a package must not vouch for itself. */
const SERVER_OWNED = [
  'attestations_sha256',
  'channel',
  'fn',
  'indexed_timestamp',
  'legacy_bz2_md5',
  'legacy_bz2_size',
  'md5',
  'package_has_been_revoked',
  'revoked',
  'sha256',
  'size',
  'url',
];

/**
 * The repodata record of a package, as conda-index would write it: its index.json without what indexes leave out, with
 * digests and size of the file. Print it with `writeJson`.
 *
 * Beyond conda-index: `subdir` and `depends` are filled in where old packages have none, `track_features` in a list
 * becomes one string, a timestamp in seconds milliseconds, and keys that only a server may set are not taken over. When the
 * channel first listed the file (`indexed_timestamp`, CEP 47) is for the caller to add.
 *
 * @throws {FormatError} `record_file_mismatch` when name, version, build or subdir are not those of the file's name and
 *   place; the codes of `parseFileName` when the file name is none. Never retry.
 * @see CEP 36 https://conda.org/learn/ceps/cep-0036
 */
export function recordFromIndexJson(index: IndexJson, file: IndexedFile): JsonObject {
  const { name, version, build } = parseFileName(file.fileName);
  agree('name', name, index.name);
  agree('version', version, index.version);
  agree('build', build, index.build);
  agree('subdir', file.subdir, index.subdir ?? file.subdir);

  const record: JsonObject = {};
  for (const [key, value] of Object.entries(index.raw)) {
    if (!DROPPED.includes(key) && !SERVER_OWNED.includes(key)) record[key] = value;
  }
  record.subdir = file.subdir;
  record.depends = index.depends;
  if (index.timestamp !== undefined) record.timestamp = index.timestamp;
  if (Array.isArray(record.track_features)) record.track_features = textsOf(record.track_features).join(' ');
  record.md5 = file.md5;
  record.sha256 = file.sha256;
  record.size = file.size;
  return record;
}

function agree(what: string, wanted: string, found: string): void {
  if (wanted === found) return;
  throw new FormatError(
    'record_file_mismatch',
    `The ${what} is ${wanted} where the file is put, but ${found} inside it: rename the file or build it again.`,
    { wanted: `${what} ${wanted}`, found: `${what} ${found} in info/index.json` },
  );
}
