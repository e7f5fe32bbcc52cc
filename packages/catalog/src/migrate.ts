import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { CatalogError } from './errors.ts';

/** One numbered SQL file. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  /** Hex sha256 of the file. */
  readonly checksum: string;
  readonly sql: string;
}

/** A row of `schema_migration`: what was done to a database. */
export interface AppliedMigration {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
}

/** What `migrate` may be told. */
export interface MigrateOptions {
  /** Other migrations than ours. */
  readonly migrations?: readonly Migration[];
  /** The version to stop at; the newest when left out. */
  readonly to?: number;
  /** How long a statement waits for a lock that a running query holds; 10,000 when left out. */
  readonly lockTimeout_ms?: number;
}

/** Names the lock of all migrating processes; any number no other program uses on this database. */
const advisoryKey = 7_583_211_001;
const untilOthersMigrated_ms = 300_000;

/**
 * Bring a database to the newest schema. Each migration is one transaction; processes that start together take turns,
 * so any number may call this. Done twice it does nothing.
 *
 * @returns the version the schema has now and the versions applied by this call.
 * @throws {CatalogError} `schema_newer` when a newer Sluice migrated this database, `schema_changed` when a migration
 * was edited after it was applied, `schema_files` when the files are not numbered 1, 2, 3 …
 */
export async function migrate(
  pool: pg.Pool,
  options: MigrateOptions = {},
): Promise<{ version: number; applied: number[] }> {
  const migrations = options.migrations ?? readMigrations();
  const target = options.to ?? migrations.length;
  const applied: number[] = [];
  const client = await pool.connect();
  try {
    for (;;) {
      const version = await applyNext(client, migrations, target, options.lockTimeout_ms ?? 10_000);
      if (version === undefined) return { version: (await readSchema(client)).length, applied };
      applied.push(version);
    }
  } finally {
    client.release();
  }
}

/**
 * Read the migrations of a folder, ours by default: `0001_name.sql` and so on, without a gap.
 *
 * @throws {CatalogError} `schema_files`.
 */
export function readMigrations(folder = fileURLToPath(new URL('../migrations', import.meta.url))): Migration[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.sql'));
  return files.sort().map((file, index) => {
    const [, number, name] = /^(\d{4})_([a-z0-9_]+)\.sql$/.exec(file) ?? [];
    if (Number(number) !== index + 1) {
      const wanted = `${String(index + 1).padStart(4, '0')}_<name>.sql`;
      throw new CatalogError(
        'schema_files',
        `The next migration in ${folder} must be ${wanted}, not ${file}. Rename it.`,
        {
          wanted,
          found: file,
        },
      );
    }
    const sql = readFileSync(path.join(folder, file), 'utf8');
    return { version: index + 1, name: name!, checksum: createHash('sha256').update(sql).digest('hex'), sql };
  });
}

/** What was applied to a database, in order; empty for one that was never migrated. */
export async function readSchema(client: pg.ClientBase | pg.Pool): Promise<AppliedMigration[]> {
  const table = await client.query<{ exists: boolean }>(`select to_regclass('schema_migration') is not null as exists`);
  if (!table.rows[0]!.exists) return [];
  const { rows } = await client.query<AppliedMigration>(
    'select version, name, checksum from schema_migration order by version',
  );
  return rows;
}

/** Apply the first migration that is missing. Holds the lock for one transaction, so it looks again each time. */
async function applyNext(
  client: pg.PoolClient,
  migrations: readonly Migration[],
  target: number,
  lockTimeout_ms: number,
): Promise<number | undefined> {
  await client.query('begin');
  try {
    await client.query(`set local statement_timeout = 0; set local lock_timeout = ${untilOthersMigrated_ms}`);
    await client.query('select pg_advisory_xact_lock($1)', [advisoryKey]);
    await client.query(`set local lock_timeout = ${lockTimeout_ms}`);
    const done = await readSchema(client);
    refuseForeign(done, migrations);
    const next = migrations[done.length];
    if (next && next.version <= target) {
      if (done.length === 0) await client.query(createTable);
      await client.query(next.sql);
      const { version, name, checksum } = next;
      await client.query('insert into schema_migration (version, name, checksum) values ($1, $2, $3)', [
        version,
        name,
        checksum,
      ]);
    }
    await client.query('commit');
    return next && next.version <= target ? next.version : undefined;
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

const createTable = `create table if not exists schema_migration (
  version integer primary key,
  name text not null,
  checksum text not null,
  applied_at timestamptz not null default now()
)`;

function refuseForeign(done: readonly AppliedMigration[], migrations: readonly Migration[]): void {
  const newest = done.at(-1)?.version ?? 0;
  if (newest > migrations.length) {
    throw new CatalogError(
      'schema_newer',
      `The database has schema version ${newest}; this Sluice knows up to ${migrations.length}, and a schema is never taken back. Start the newer Sluice again, or restore a dump that this version made.`,
      { wanted: `at most ${migrations.length}`, found: `${newest}` },
    );
  }
  for (const { version, name, checksum } of done) {
    const ours = migrations[version - 1];
    if (ours?.checksum === checksum) continue;
    throw new CatalogError(
      'schema_changed',
      `Migration ${version} (${name}) is not the one that was applied to this database. Migrations are never edited: put the file back as it was and add a new one.`,
      { wanted: ours?.checksum ?? `migration ${version}`, found: checksum },
    );
  }
}
