import { closeSync, existsSync, fsyncSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { CatalogError } from '../errors.ts';
import type { Place } from './place.ts';
import { supervise } from './supervise.ts';

/**
 * Make the data folder of a new database, unless it is there: whole and synced to disk, or not at all.
 * The caller holds the data folder's lock.
 *
 * @throws {CatalogError} `pg_initdb_failed`.
 */
export async function initialiseData(place: Place, superuser: string): Promise<void> {
  const { home, data, native, launcher } = place;
  for (const name of readdirSync(home)) {
    if (name.startsWith('unfinished-')) rmSync(path.join(home, name), { recursive: true, force: true, maxRetries: 3 });
  }
  if (existsSync(data)) return;
  const unfinished = path.join(home, `unfinished-${process.pid}`);
  const options = ['--encoding=UTF8', '--locale=C', '--auth=trust', `--username=${superuser}`];
  const initdb = supervise(
    launcher,
    [path.join(native.folder, 'bin', 'initdb'), ...options, '--no-instructions', '-D', unfinished],
    () => {},
  );
  initdb.hold();
  const { status, output } = await initdb.ended;
  if (status !== 0) {
    throw new CatalogError(
      'pg_initdb_failed',
      `PostgreSQL could not make a database in ${home} (exit status ${status}). It said:\n${output}`,
      { found: `exit status ${status}` },
    );
  }
  renameSync(unfinished, data);
  const folder = openSync(home, 'r');
  fsyncSync(folder);
  closeSync(folder);
}
