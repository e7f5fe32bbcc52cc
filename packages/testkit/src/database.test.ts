import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readMigrations, readSchema } from '@sluice/catalog';
import { afterAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from './database.ts';
import { wakingTime } from './waking-time.ts';

const database = await createTestDatabase();
afterAll(() => database.close());

describe('createTestDatabase', () => {
  it('gives databases that are migrated and know nothing of each other', async () => {
    const others = await Promise.all(Array.from({ length: 5 }, () => createTestDatabase()));
    for (const [index, { db, pool }] of others.entries()) {
      expect(await readSchema(pool)).toHaveLength(readMigrations().length);
      await db
        .insertInto('setting')
        .values({ name: 'x', value: `${index}`, updated_at: new Date(0) })
        .execute();
    }
    const values = await Promise.all(others.map(({ db }) => db.selectFrom('setting').select('value').execute()));
    expect(values.flat().map(({ value }) => value)).toEqual([0, 1, 2, 3, 4]);
    expect(await database.db.selectFrom('setting').selectAll().execute()).toEqual([]);
    await Promise.all(others.map((other) => other.close()));
  });

  it('drops a database when it is closed, whoever is still connected', async () => {
    const gone = await createTestDatabase({ isMigrated: false });
    const name = gone.config.database;
    const exists = async () =>
      (await database.pool.query('select from pg_database where datname = $1', [name])).rowCount;
    expect(await exists()).toBe(1);
    expect(gone.connectionString).toContain(`/${name}?`);
    await gone.close();
    expect(await exists()).toBe(0);
  });

  it('starts a server of its own outside a test run, which ends with its process', async () => {
    const script = `
      import { createTestDatabase } from ${JSON.stringify(new URL('./database.ts', import.meta.url).href)};
      const { pool, config } = await createTestDatabase();
      const { rows } = await pool.query("select pg_postmaster_start_time(), current_setting('data_directory') as folder");
      console.log(rows[0].folder + ' ' + config.host);`;
    const { SLUICE_TEST_POSTGRES: _, ...env } = process.env;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [folder, host] = String(await new Promise((resolve) => child.stdout.once('data', resolve)))
      .trim()
      .split(' ');
    expect(host).not.toBe(database.config.host);
    const file = `${folder}/postmaster.pid`;
    const runs = () => {
      try {
        return readFileSync(file, 'utf8').split('\n')[0];
      } catch {
        return undefined;
      }
    };
    const server = runs();
    expect(server).toMatch(/^\d+$/);
    child.kill('SIGKILL');
    const waited = wakingTime();
    // Another test run may take the folder at once.
    while (runs() === server && waited() < 5_000) await sleep(50);
    expect(runs()).not.toBe(server);
  });
});
