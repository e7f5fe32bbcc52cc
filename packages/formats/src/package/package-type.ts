/** The kinds of package a channel can hold. */
export type PackageType = 'conda' | 'python' | 'r' | 'file';

/** What tools of this kind call a type of package. */
export type PackageFamily = 'conda' | 'python' | 'cran' | 'file';

/** The family of a type of package. */
export function packageFamily(type: PackageType): PackageFamily {
  return type === 'r' ? 'cran' : type;
}

/** The part of a source that holds all of its Python files. */
export const pythonPart = 'pypi';

/** The part of a source that holds general files: installers and whatever else is no package. */
export const filesPart = 'files';

/** The tree of source packages. */
export const cranSourcePart = 'cran:src:contrib';

const cranPrefix = 'cran:';

/**
 * What a part of a source holds: `pypi` all Python files, `cran:…` one tree of R packages, `files` general files, anything else is a
 * conda subdir, whose names are none of these.
 */
export function packageTypeOf(part: string): PackageType {
  if (part === pythonPart) return 'python';
  if (part === filesPart) return 'file';
  return part.startsWith(cranPrefix) ? 'r' : 'conda';
}

/** The part of a tree by its path below the repository: `src/contrib` is `cran:src:contrib`. */
export function cranPart(path: string): string {
  return cranPrefix + path.replaceAll('/', ':');
}

/** The path of a tree below the repository, without slashes around it. */
export function cranPath(part: string): string {
  return part.slice(cranPrefix.length).replaceAll(':', '/');
}

/**
 * The package name of a file's key: of conda `<name>-<version>-<build>.<ending>`, of Python `<project>/<file name>`, of R
 * `<Package>_<version>.<ending>`, of general files `<group>/[<version>/]<file name>`. Keys of records always have one.
 */
export function packageNameOf(type: PackageType, file: string): string {
  if (type === 'python' || type === 'file') return file.slice(0, file.indexOf('/'));
  if (type === 'r') return file.slice(0, file.indexOf('_'));
  return file.slice(0, file.lastIndexOf('-', file.lastIndexOf('-') - 1));
}

/**
 * Where the keys of a name's files lie in byte order: from the first, up to and without the second. Of conda the keys of longer
 * names that begin as it does lie there, too.
 */
export function fileRange(type: PackageType, name: string): [from: string, to: string] {
  if (type === 'python' || type === 'file') return [`${name}/`, `${name}0`];
  if (type === 'r') return [`${name}_`, `${name}\``];
  return [`${name}-`, `${name}.`];
}

/** The file name in a key: of Python what follows the project, of general files the last segment, else all of it. */
export function fileNameOf(type: PackageType, file: string): string {
  if (type === 'python') return file.slice(file.indexOf('/') + 1);
  return type === 'file' ? file.slice(file.lastIndexOf('/') + 1) : file;
}
