import { createHash } from 'node:crypto';
import { FormatError } from '@sluice/formats/errors';
import {
  type CoreMetadata,
  comparePythonVersions,
  normaliseProjectName,
  type PythonFileName,
  parseCoreMetadata,
  parsePythonFileName,
  parsePythonVersion,
} from '@sluice/formats/pypi';
import { ArchiveError } from '../errors.ts';

/** Metadata is kept in memory; descriptions with pictures in them reach some megabytes. */
export const METADATA_BYTES = 8 * 2 ** 20;

/** What a Python package says of itself. */
export type PythonMetadata = {
  readonly metadata: CoreMetadata;
  /** `METADATA` or `PKG-INFO`, byte for byte. */
  readonly metadataBytes: Buffer;
  /** Of those bytes, in hex. */
  readonly metadataSha256: string;
};

/**
 * Read the metadata of a package and hold it against the file's name.
 *
 * @throws {ArchiveError} `metadata_invalid`, `metadata_mismatch`.
 */
export function readPythonMetadata(content: Buffer, entry: string, file: PythonFileName): PythonMetadata {
  const metadata = parse(content, entry);
  const name = normaliseProjectName(metadata.name);
  if (name !== file.name) throw mismatch(entry, 'name', file.name, name);
  const version = parsePythonVersion(metadata.version);
  if (comparePythonVersions(version, file.version) !== 0) {
    throw mismatch(entry, 'version', file.version.text, version.text);
  }
  return { metadata, metadataBytes: content, metadataSha256: createHash('sha256').update(content).digest('hex') };
}

/** The parts of a file's name. @throws {ArchiveError} `not_an_archive`: neither a wheel nor a source distribution. */
export function pythonFileName<K extends PythonFileName['kind']>(
  fileName: string,
  kind: K,
  project?: string,
): Extract<PythonFileName, { kind: K }> {
  const wanted = kind === 'wheel' ? '<name>-<version>-<tags>.whl' : '<name>-<version>.tar.gz';
  const found = fileName.slice(0, 200);
  const message = `This is not the file name of a Python ${kind}. Upload the file under the name it was built with.`;
  try {
    const file = parsePythonFileName(fileName, project);
    if (file.kind === kind) return file as Extract<PythonFileName, { kind: K }>;
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw new ArchiveError('not_an_archive', message, { wanted, found, cause });
  }
  throw new ArchiveError('not_an_archive', message, { wanted, found });
}

/** A file that every package of its kind has is not there. */
export function metadataMissing(entry: string): ArchiveError {
  return new ArchiveError('metadata_missing', `The package has no file ${entry.slice(0, 200)}. Build it again.`, {
    entry,
    wanted: entry,
    found: 'nothing',
  });
}

function parse(content: Buffer, entry: string): CoreMetadata {
  try {
    return parseCoreMetadata(content);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new ArchiveError('metadata_invalid', error.message, {
      entry,
      ...(error.wanted === undefined ? {} : { wanted: error.wanted }),
      ...(error.found === undefined ? {} : { found: error.found }),
      cause: error,
    });
  }
}

function mismatch(entry: string, what: string, wanted: string, found: string): ArchiveError {
  return new ArchiveError(
    'metadata_mismatch',
    `The package's metadata says ${what} ${found.slice(0, 80)}, its file name ${wanted.slice(0, 80)}. Upload the file under the name it was built with.`,
    { entry, wanted, found: found.slice(0, 200) },
  );
}
