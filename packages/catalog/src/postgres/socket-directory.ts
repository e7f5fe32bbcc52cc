import { chownSync, lstatSync, mkdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CatalogError } from '../errors.ts';
import type { Owner } from './launcher.ts';
import { hashOf } from './place.ts';

/** sun_path of Linux holds 108 bytes, one of them the closing NUL. */
const longestSocketPath = 107;

/**
 * The folder of the server's socket, made if absent: `<home>/run`, or a short one in the system's temporary folder when
 * that path is too long for a socket.
 *
 * The server trusts whoever reaches the socket, so the folder is the lock: mode 0700 and owned by the server's user.
 * One that somebody else put there first is refused.
 *
 * @param owner the server's user when it is not ours.
 * @throws {CatalogError} `pg_socket_directory`.
 */
export function makeSocketDirectory(home: string, owner: Owner | undefined, temporary = os.tmpdir()): string {
  const inside = path.join(home, 'run');
  const fits = Buffer.byteLength(path.join(inside, '.s.PGSQL.5432')) <= longestSocketPath;
  const directory = fits ? inside : path.join(temporary, `sluice-pg-${hashOf(home)}`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { uid, mode } = lstatSync(directory);
  const ours = [process.getuid?.(), owner?.uid];
  // A link has mode 0777 of its own, so this refuses links too.
  if (!ours.includes(uid) || (mode & 0o77) !== 0) {
    throw new CatalogError(
      'pg_socket_directory',
      `The folder ${directory} for PostgreSQL's socket must belong to the user Sluice runs as, with mode 0700. Remove it, or use a data folder with a shorter path.`,
      { wanted: `user ${ours[0]}, mode 0700`, found: `user ${uid}, mode 0${(mode & 0o777).toString(8)}` },
    );
  }
  if (owner && uid !== owner.uid) chownSync(directory, owner.uid, owner.gid);
  return directory;
}
