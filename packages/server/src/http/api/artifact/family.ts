import { type CondaVersion, compareVersions, type JsonObject, parseVersion } from '@sluice/formats/conda';
import { compareRVersions, parseRVersion } from '@sluice/formats/cran';
import {
  cranPart,
  cranPath,
  fileNameOf,
  filesPart,
  type PackageFamily,
  type PackageType,
  pythonPart,
} from '@sluice/formats/package';
import { comparePythonVersions, type PythonVersion, readPythonFileName } from '@sluice/formats/pypi';

/** All families of packages. */
export const families = ['conda', 'python', 'cran', 'file'] as const satisfies readonly PackageFamily[];

/** A file of a package, as its type reads it. */
export interface FamilyFile {
  part: string;
  file: string;
  record: JsonObject;
}

type FileComparison = (a: FamilyFile, b: FamilyFile) => number;

/** What of a type of package this API has words of its own for. */
export interface FamilyWords {
  family: PackageFamily;
  type: PackageType;
  /** Where clients find a file below the channel. */
  ckey(part: string, file: string): string;
  /** The version that a file is of, to be shown. */
  version(file: FamilyFile): string;
  /** Compares two files of a package; the newer is greater. Good for one sort, in which it reads each version once. */
  comparison(): FileComparison;
  /** What is said of a file. */
  metadata(file: FamilyFile): Record<string, unknown>;
}

const conda: FamilyWords = {
  family: 'conda',
  type: 'conda',
  ckey: (part, file) => `${part}/${file}`,
  version: ({ record }) => String(record.version),
  comparison: () => byVersion(recordVersion, parseVersion, compareVersions, ['build_number', 'timestamp']),
  metadata: ({ part, file, record }) => ({ 'repodata_record.json': { ...record, fn: file, subdir: part } }),
};

const python: FamilyWords = {
  family: 'python',
  type: 'python',
  ckey: (part, file) => `${part}/${file}`,
  version: ({ file }) => pythonVersion(file)?.text ?? '',
  comparison: () => byVersion(({ file }) => file, pythonVersion, comparePythonVersions),
  metadata: (file) => ({ version: python.version(file), 'file.json': file.record }),
};

const cran: FamilyWords = {
  family: 'cran',
  type: 'r',
  ckey: (part, file) => `cran/${cranPath(part)}/${file}`,
  version: ({ record }) => String(record.Version),
  comparison: () => byVersion(({ record }) => String(record.Version), parseRVersion, compareRVersions),
  metadata: ({ record }) => ({ version: String(record.Version), DESCRIPTION: record }),
};

const general: FamilyWords = {
  family: 'file',
  type: 'file',
  ckey: (part, file) => `${part}/${file}`,
  version: ({ record }) => (typeof record.version === 'string' ? record.version : ''),
  comparison: () => byVersion(recordVersion, generalVersion, compareVersions, ['uploaded']),
  metadata: ({ record }) => ({
    version: typeof record.version === 'string' ? record.version : '',
    'file.json': record,
  }),
};

const byType: Record<PackageType, FamilyWords> = { conda, python, r: cran, file: general };
const byFamily: Record<PackageFamily, FamilyWords> = { conda, python, cran, file: general };

/** The words of a type of package. */
export const wordsOfType = (type: PackageType): FamilyWords => byType[type];
/** The words of a family. */
export const wordsOf = (family: PackageFamily): FamilyWords => byFamily[family];

/** Where a file of a package lies, by what stands in the path of a request. */
export function placeOfFile(
  family: PackageFamily,
  name: string,
  { subdir, tree, file }: { subdir?: string; tree?: string; file: string },
) {
  // No name of theirs has a colon.
  if (family === 'file') return { subdir: filesPart, file: `${name}/${file.replace(':', '/')}` };
  if (subdir !== undefined) return { subdir, file };
  if (tree !== undefined) return { subdir: cranPart(tree.replaceAll(':', '/')), file };
  return { subdir: pythonPart, file: `${name}/${file}` };
}

/** Compares by the versions that `parse` reads in a text of each, then by these numbers of the records. */
function byVersion<V>(
  textOf: (file: FamilyFile) => string,
  parse: (text: string) => V | undefined,
  compare: (a: V, b: V) => number,
  then: readonly string[] = [],
): FileComparison {
  // A version has many builds.
  const known = new Map<string, V | undefined>();
  const read = (file: FamilyFile) => {
    const text = textOf(file);
    if (!known.has(text))
      known.set(
        text,
        maybe(() => parse(text)),
      );
    return known.get(text);
  };
  return (a, b) => {
    const order = compareMaybe(read(a), read(b), compare);
    return then.reduce((before, key) => before || numberOf(a, key) - numberOf(b, key), order);
  };
}

/** What cannot be read as a version is older than everything that can. */
function compareMaybe<V>(a: V | undefined, b: V | undefined, compare: (a: V, b: V) => number): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  return compare(a, b);
}

const recordVersion = ({ record }: FamilyFile): string => String(record.version);

function generalVersion(text: string): CondaVersion {
  return parseVersion(text.replaceAll('-', '_'));
}

function pythonVersion(file: string): PythonVersion | undefined {
  return readPythonFileName(fileNameOf('python', file), file.slice(0, file.indexOf('/')))?.version;
}

function maybe<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function numberOf({ record }: FamilyFile, key: string): number {
  const value = record[key];
  return typeof value === 'number' ? value : 0;
}

/** Below which path the files of a package lie. */
export const fileUrls: Record<PackageFamily, string> = {
  conda: ':subdir/:file',
  python: ':file',
  cran: ':tree/:file',
  file: ':file',
};
