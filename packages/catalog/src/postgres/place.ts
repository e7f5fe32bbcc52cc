import { createHash } from 'node:crypto';
import { existsSync, lchownSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CatalogError } from '../errors.ts';
import { canRun, canWrite, type Launcher, type Owner } from './launcher.ts';
import { copyBinaries, type NativeBinaries, restoreLinks } from './native-binaries.ts';

/** Where the server lives and how it is started. */
export interface Place {
  /** Folder with one data folder per major version (`18/`) and the socket folder. */
  readonly home: string;
  /** The data of our major version; may not exist yet. */
  readonly data: string;
  readonly native: NativeBinaries;
  readonly launcher: Launcher;
}

/**
 * The folder that holds the databases of a data folder: `<dataDir>/pg`, or the one its `elsewhere` file names.
 * Reads only.
 */
export function homeOf(dataDir: string): string {
  const marker = path.join(dataDir, 'pg', 'elsewhere');
  return existsSync(marker) ? readFileSync(marker, 'utf8').trim() : path.join(dataDir, 'pg');
}

/**
 * Choose the first launcher that can run the binaries and write to the data folder, and hand the folder to its user.
 * The caller holds the data folder's lock and no server runs on it.
 *
 * An unprivileged user may be unable to enter the data folder. A new database then lies in
 * `<elsewhere>/sluice-pg-<hash>`, and `<dataDir>/pg/elsewhere` says so; one that exists is never moved behind one's back.
 *
 * @throws {CatalogError} `pg_cannot_run_as_root`, `pg_other_major`.
 */
export function choosePlace(
  dataDir: string,
  native: NativeBinaries,
  launchers: readonly Launcher[],
  elsewhere: string,
): Place {
  const inside = path.join(dataDir, 'pg');
  const known = homeOf(dataDir);
  refuseOtherMajor(known, native.major);
  mkdirSync(inside, { recursive: true, mode: 0o700 });
  for (const launcher of launchers) {
    const place = tryHome(known, native, launcher);
    if (place) return place;
    if (launcher.name !== 'other-user' || known !== inside || existsSync(path.join(inside, `${native.major}`)))
      continue;
    const outside = path.join(elsewhere, `sluice-pg-${hashOf(dataDir)}`);
    const moved = tryHome(outside, native, launcher);
    if (!moved) continue;
    writeFileSync(path.join(inside, 'elsewhere'), `${outside}\n`);
    return moved;
  }
  throw new CatalogError(
    'pg_cannot_run_as_root',
    `PostgreSQL refuses to run as root, and neither a user namespace nor an unprivileged user can run it on ${known}. Run Sluice as another user, make that folder enterable for others, or set DATABASE_URL to a PostgreSQL of your own.`,
    { wanted: launchers.map(({ name }) => name).join(' or ') || 'an unprivileged user', found: 'root' },
  );
}

/** What stands for a folder in names elsewhere: 16 hex digits. */
export function hashOf(folder: string): string {
  return createHash('sha256').update(path.resolve(folder)).digest('hex').slice(0, 16);
}

/** The place in this home if the launcher can use it; the home and what is in it belong to the launcher's user then. */
function tryHome(home: string, native: NativeBinaries, launcher: Launcher): Place | undefined {
  const data = path.join(home, `${native.major}`);
  const copied = () => ({ home, data, native: copyBinaries(native, home), launcher });
  mkdirSync(home, { recursive: true, mode: 0o700 });
  // Nothing to choose for one who is not root: what stands in the way, the server says best itself.
  if (!launcher.owner) return restoreLinks(native) ? { home, data, native, launcher } : copied();
  giveTo(launcher.owner, home, data);
  if (!canWrite(launcher, home)) return undefined;
  if (restoreLinks(native) && canRun(launcher, native.folder)) return { home, data, native, launcher };
  const place = copied();
  chownTree(launcher.owner, place.native.folder);
  return canRun(launcher, place.native.folder) ? place : undefined;
}

/** Change the owner of the home unless it is right; the marks looked at are changed last, so half a change is redone. */
function giveTo(owner: Owner, home: string, data: string): void {
  const isRight = (file: string) => (lstatSync(file, { throwIfNoEntry: false })?.uid ?? owner.uid) === owner.uid;
  if (isRight(home) && isRight(data)) return;
  chownTree(owner, home);
}

function chownTree(owner: Owner, folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) chownTree(owner, file);
    else lchownSync(file, owner.uid, owner.gid);
  }
  lchownSync(folder, owner.uid, owner.gid);
}

function refuseOtherMajor(home: string, major: number): void {
  const majors = existsSync(home) ? readdirSync(home).filter((name) => /^\d+$/.test(name)) : [];
  if (majors.length === 0 || majors.includes(`${major}`)) return;
  const found = majors.sort((a, b) => Number(b) - Number(a))[0]!;
  throw new CatalogError(
    'pg_other_major',
    `${home} holds data of PostgreSQL ${found}; this Sluice runs PostgreSQL ${major} and cannot read it. Start the Sluice version that wrote it, dump the database there, move ${path.join(home, found)} away, start this version and restore the dump.`,
    { wanted: `${major}`, found },
  );
}
