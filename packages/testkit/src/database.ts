import { createHash, randomBytes } from 'node:crypto';
import { connect, type Database, migrate, type PostgresAddress, readMigrations } from '@sluice/catalog';
import { runMigrations } from 'graphile-worker';
import type pg from 'pg';
import { testPostgres } from './test-postgres.ts';

/** A database of one test, migrated and without rows. */
export interface TestDatabase extends Database, PostgresAddress {
  /** Close its connections and drop it. */
  close(): Promise<void>;
}

/** Names the lock of those who make a template. */
const templateLock = 7_583_211_002;

/**
 * Make a database for a test, in about 30 ms: a clone of a template that was migrated once.
 *
 * @param options.isMigrated false for one without any table.
 */
export async function createTestDatabase(options: { isMigrated?: boolean } = {}): Promise<TestDatabase> {
  const server = await testPostgres();
  const name = `test_${randomBytes(8).toString('hex')}`;
  await asAdmin(server, async (client) => {
    const template = options.isMigrated === false ? 'template0' : await ensureTemplate(server, client);
    await client.query(`create database ${name} template ${template} strategy file_copy`);
  });
  const address = databaseOf(server, name);
  const database = connect(address.config);
  return {
    ...address,
    ...database,
    close: async () => {
      await database.close();
      await asAdmin(server, (client) => client.query(`drop database ${name} with (force)`));
    },
  };
}

/** Make the template of our migrations unless it is there; others wait for the one who makes it. */
async function ensureTemplate(server: PostgresAddress, client: pg.PoolClient): Promise<string> {
  const checksums = readMigrations().map(({ checksum }) => checksum);
  // The queue's own tables are part of it, so that verbs can enqueue.
  const template = `template_q_${createHash('sha256').update(checksums.join()).digest('hex').slice(0, 16)}`;
  const exists = async () =>
    (await client.query('select from pg_database where datname = $1', [template])).rowCount === 1;
  if (await exists()) return template;
  await client.query('select pg_advisory_lock($1)', [templateLock]);
  if (!(await exists())) {
    const unfinished = `test_${template}`;
    await client.query(`drop database if exists ${unfinished} with (force)`);
    await client.query(`create database ${unfinished} template template0`);
    const address = databaseOf(server, unfinished);
    const database = connect(address.config, { max: 1 });
    await migrate(database.pool).finally(database.close);
    await runMigrations({ connectionString: address.connectionString });
    await client.query(`alter database ${unfinished} rename to ${template}`);
  }
  await client.query('select pg_advisory_unlock($1)', [templateLock]);
  return template;
}

async function asAdmin<T>(server: PostgresAddress, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const { pool, close } = connect(server.config, { max: 1 });
  const client = await pool.connect();
  try {
    return await work(client);
  } finally {
    client.release(true);
    await close();
  }
}

function databaseOf(server: PostgresAddress, database: string): PostgresAddress {
  const connectionString = server.connectionString.replace(`/${server.config.database}?`, `/${database}?`);
  return { config: { ...server.config, database }, connectionString };
}
