import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createTestDatabase, type TestDatabase } from '@sluice/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Migration, migrate, readMigrations, readSchema } from './migrate.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase({ isMigrated: false });
});
afterEach(() => database.close());

const sample = (...statements: string[]): Migration[] =>
  statements.map((sql, index) => ({
    version: index + 1,
    name: `step_${index + 1}`,
    checksum: createHash('sha256').update(sql).digest('hex'),
    sql,
  }));
const one = 'create table one (a integer)';
const two = 'alter table one add b text; create table two ()';

describe('migrate', () => {
  it('applies ours to an empty database, and nothing the second time', async () => {
    const ours = readMigrations();
    const versions = ours.map(({ version }) => version);
    expect(await migrate(database.pool)).toEqual({ version: ours.length, applied: versions });
    expect(await migrate(database.pool)).toEqual({ version: ours.length, applied: [] });
    const wanted = ours.map(({ version, name, checksum }) => ({ version, name, checksum }));
    expect(await readSchema(database.pool)).toEqual(wanted);
  });

  it('goes on where the last one stopped, and only as far as told', async () => {
    const migrations = sample(one, two);
    expect(await migrate(database.pool, { migrations, to: 1 })).toEqual({ version: 1, applied: [1] });
    expect(await migrate(database.pool, { migrations })).toEqual({ version: 2, applied: [2] });
    expect(await migrate(database.pool, { migrations, to: 1 })).toEqual({ version: 2, applied: [] });
    await database.pool.query('select a, b from one, two');
  });

  it('lets processes that start together take turns', async () => {
    const migrations = sample(one, two);
    const results = await Promise.all([1, 2, 3, 4].map(() => migrate(database.pool, { migrations })));
    expect(results.map(({ version }) => version)).toEqual([2, 2, 2, 2]);
    expect(results.flatMap(({ applied }) => applied).sort()).toEqual([1, 2]);
  });

  it('refuses a schema of a newer version', async () => {
    await migrate(database.pool, { migrations: sample(one, two) });
    const failure = migrate(database.pool, { migrations: sample(one) });
    await expect(failure).rejects.toMatchObject({ code: 'schema_newer', wanted: 'at most 1', found: '2' });
  });

  it('refuses a migration that was edited after it was applied', async () => {
    await migrate(database.pool, { migrations: sample(one) });
    const failure = migrate(database.pool, { migrations: sample('create table one (a bigint)', two) });
    await expect(failure).rejects.toMatchObject({ code: 'schema_changed', found: sample(one)[0]!.checksum });
    expect((await readSchema(database.pool)).length).toBe(1);
  });

  it('leaves nothing of a migration that fails', async () => {
    const migrations = sample(one, 'create table two (); create table one ()');
    await expect(migrate(database.pool, { migrations })).rejects.toMatchObject({ code: '42P07' });
    const { rows } = await database.pool.query(`select to_regclass('two') as two`);
    expect(rows).toEqual([{ two: null }]);
    expect(await migrate(database.pool, { migrations: sample(one, two) })).toEqual({ version: 2, applied: [2] });
  });

  it('gives up instead of waiting behind a long query', async () => {
    await migrate(database.pool, { migrations: sample(one) });
    const blocker = await database.pool.connect();
    await blocker.query('begin; lock table one in access share mode');
    const failure = migrate(database.pool, { migrations: sample(one, two), lockTimeout_ms: 100 });
    await expect(failure).rejects.toMatchObject({ code: '55P03' });
    await blocker.query('rollback');
    blocker.release();
    expect((await migrate(database.pool, { migrations: sample(one, two) })).applied).toEqual([2]);
  });
});

describe('readMigrations', () => {
  it.each([
    [['0001_a.sql', '0003_b.sql'], '0003_b.sql'],
    [['0001_a.sql', '0001_b.sql'], '0001_b.sql'],
    [['1_a.sql'], '1_a.sql'],
    [['0001_A-b.sql'], '0001_A-b.sql'],
  ])('refuses %j', (files, found) => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-migrations-'));
    for (const file of files) writeFileSync(path.join(folder, file), '');
    expect(() => readMigrations(folder)).toThrow(expect.objectContaining({ code: 'schema_files', found }));
    rmSync(folder, { recursive: true });
  });
});
