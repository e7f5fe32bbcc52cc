import { excerpt, FormatError } from '../errors.ts';
import { parseBuildString } from './build-string.ts';
import { parsePackageName } from './package-name.ts';
import { parseVersion } from './version.ts';

/** The ending of a conda package's file name, without its dot. */
export type PackageExtension = 'conda' | 'tar.bz2';

/** The parts of a conda package's file name, as written there. */
export interface PackageFileName {
  readonly name: string;
  readonly version: string;
  readonly build: string;
  readonly extension: PackageExtension;
  /** The file name without its ending: files of one stem are one package. */
  readonly stem: string;
}

/** 64 name + 64 version + 64 build + 16 extension + 2 dashes + 1 dot. */
const longest = 211;
const extensions: readonly PackageExtension[] = ['conda', 'tar.bz2'];

/**
 * Split a package's file name, `<name>-<version>-<build>.<extension>`, and check each part. Reads from the right, since
 * only the name may hold dashes. A name with upper-case letters is refused: files are stored under lower-case names.
 *
 * @throws {FormatError} `conda_file_name` for the shape and the lengths, `conda_package_name`, `conda_version`,
 * `conda_build_string` for the parts. Never retry.
 * @see CEP 26, "Filenames"
 */
export function parseFileName(fileName: string): PackageFileName {
  const { stem, extension } = splitExtension(fileName);
  const beforeBuild = stem.lastIndexOf('-');
  const beforeVersion = stem.lastIndexOf('-', beforeBuild - 1);
  if (beforeVersion < 1) throw invalid(fileName, 'a name, a version and a build with "-" between them');
  const name = stem.slice(0, beforeVersion);
  const version = stem.slice(beforeVersion + 1, beforeBuild);
  const build = parseBuildString(stem.slice(beforeBuild + 1));
  if (name !== soundName) checkName(fileName, name);
  if (version !== soundVersion) checkVersion(fileName, version);
  return { name, version, build, extension, stem };
}

// Read last: files of one package come in a row, and are hundreds of thousands.
let soundName = '';
let soundVersion = '';

function checkName(fileName: string, name: string): void {
  if (parsePackageName(name) !== name) throw invalid(fileName, `the name in lower case, ${name.toLowerCase()}`);
  soundName = name;
}

/** A version that no parser would refuse; most are such. */
const isPlain = /^\d+(\.\d+)*$/;

function checkVersion(fileName: string, version: string): void {
  if (!isPlain.test(version)) parseVersion(version);
  // A star is a wildcard to every client, and blanks at the ends are dropped by the version parser.
  if (version.length > 64 || !/^[\w.+!]+$/.test(version)) {
    throw invalid(fileName, 'a version of at most 64 letters, digits and _ . + !');
  }
  soundVersion = version;
}

function splitExtension(fileName: string): { stem: string; extension: PackageExtension } {
  if (fileName.length > longest) throw invalid(fileName, `at most ${longest} characters`);
  for (const extension of extensions) {
    if (fileName.endsWith(`.${extension}`)) return { stem: fileName.slice(0, -extension.length - 1), extension };
  }
  throw invalid(fileName, 'a file name that ends with .conda or .tar.bz2');
}

function invalid(fileName: string, wanted: string): FormatError {
  return new FormatError('conda_file_name', `${excerpt(fileName)} is not a package's file name: wanted ${wanted}.`, {
    wanted,
    found: excerpt(fileName),
  });
}
