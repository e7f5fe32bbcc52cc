import { FormatError } from '../errors.ts';
import { type RdsLimits, readRds } from './rds-read.ts';
import { attributeOf, type RDoubles, type RValue, rStrings } from './rds-value.ts';
import { writeRds } from './rds-write.ts';

/** What a repository says of one file beside its index. */
export interface RFileTimes {
  /** The path below `src/contrib/Archive/` in archive.rds, `demo/demo_0.1.tar.gz`; the file name in current.rds. */
  readonly path: string;
  /** Bytes. */
  readonly size: number | undefined;
  /** When the file came there, in seconds since 1970. */
  readonly mtime: number | undefined;
}

/**
 * The bytes of Meta/archive.rds before compression: for each package a table of its older files, newest last as CRAN has
 * them. Installers read the row names and `mtime`.
 *
 * @see CRAN's `Meta/archive.rds`; what remotes, renv and pkgcache read of it
 */
export function writeArchiveRds(
  packages: readonly (readonly [name: string, files: readonly RFileTimes[]])[],
): Uint8Array {
  return writeRds({
    type: 'list',
    values: packages.map(([, files]) => fileTable(files)),
    attributes: [['names', rStrings(packages.map(([name]) => name))]],
  });
}

/** The bytes of Meta/current.rds before compression: one table of the files the index lists. */
export function writeCurrentRds(files: readonly RFileTimes[]): Uint8Array {
  return writeRds(fileTable(files));
}

/**
 * Read archive.rds or current.rds: every row of every table, in its order. What is no table is passed over.
 *
 * @throws {FormatError} `rds_syntax`, `rds_limit`.
 */
export function readFileTimes(bytes: Uint8Array, limits?: RdsLimits): RFileTimes[] {
  const value = readRds(bytes, limits);
  if (value.type !== 'list') {
    throw new FormatError('rds_syntax', 'This R data holds no tables of files.', {
      wanted: 'a list',
      found: value.type,
    });
  }
  const tables = attributeOf(value, 'row.names') === undefined ? value.values : [value];
  return tables.flatMap(rowsOf);
}

function rowsOf(table: RValue): RFileTimes[] {
  const paths = attributeOf(table, 'row.names');
  const columns = attributeOf(table, 'names');
  if (table.type !== 'list' || paths?.type !== 'character' || columns?.type !== 'character') return [];
  const size = numbersOf(table.values[columns.values.indexOf('size')]);
  const mtime = numbersOf(table.values[columns.values.indexOf('mtime')]);
  return paths.values.flatMap((path, row) =>
    path === undefined ? [] : [{ path, size: finite(size?.[row]), mtime: finite(mtime?.[row]) }],
  );
}

function numbersOf(value: RValue | undefined): ArrayLike<number | undefined> | undefined {
  return value?.type === 'double' || value?.type === 'integer' ? value.values : undefined;
}

function finite(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) && value >= 0 ? value : undefined;
}

function fileTable(files: readonly RFileTimes[]): RValue {
  const mtime: RDoubles = {
    type: 'double',
    values: files.map((file) => file.mtime),
    attributes: [['class', rStrings(['POSIXct', 'POSIXt'])]],
  };
  return {
    type: 'list',
    values: [{ type: 'double', values: files.map((file) => file.size) }, mtime],
    attributes: [
      ['names', rStrings(['size', 'mtime'])],
      ['row.names', rStrings(files.map((file) => file.path))],
      ['class', rStrings(['data.frame'])],
    ],
  };
}
