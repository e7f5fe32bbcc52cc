import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { createTestDatabase, type TestDatabase } from '@sluice/testkit';
import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../connect.ts';
import { type Migration, migrate, readMigrations } from '../migrate.ts';
import { startPostgres } from '../postgres/start-postgres.ts';
import { dump } from './dump.ts';
import { restore } from './restore.ts';

/** What a schema may bring: circles, identity, generated columns, triggers that count, all portable types. */
const sampleSql = `
  create table channel (id bigint generated always as identity primary key, name text not null unique, head bigint);
  create table publication (
    id bigserial primary key,
    channel bigint not null references channel,
    parent bigint references publication,
    made_at timestamptz not null,
    shout text generated always as (upper(note)) stored,
    note text
  );
  alter table channel add constraint channel_head foreign key (head) references publication;
  create table everything (
    a bool, b bytea, c date, d float4, e float8, f int2, g int4, h int8, i interval, j jsonb, k numeric, l text[],
    m timestamp, n uuid, o varchar(9), "Odd ""name""" int4[]
  );
  create table "Empty" (a text);
  create table counter (inserts integer);
  insert into counter select 0 where false;
  create function count_insert() returns trigger language plpgsql as
    $$ begin insert into counter values (1); return null; end $$;
  create trigger counted after insert on channel execute function count_insert();
  create trigger silent after insert on channel execute function count_insert();
  alter table channel disable trigger silent;
`;
const sample: Migration[] = [
  { version: 1, name: 'sample', checksum: createHash('sha256').update(sampleSql).digest('hex'), sql: sampleSql },
];
const rowsSql = `
  insert into channel (name) values ('one'), ('two');
  insert into publication (channel, note, made_at)
    select 1, repeat('é\t\\' || i, i % 100), now() + i * interval '1 s' from generate_series(1, 20000) i;
  update publication set parent = id - 1 where id > 1;
  update channel set head = 20000 where id = 1;
  delete from publication where id = 5 and false;
  insert into everything values (
    true, '\\x00ff0a', '2026-02-28', 1.5, 'NaN', -1, -2, 9007199254740993, '1 year 2 days 3.5 s', '{"a": [1, null, "é"]}',
    12345678901234567890.000001, '{a,NULL,"b,c"}', '2026-02-28 10:00', '00000000-0000-4000-8000-000000000001', 'x', '{{1,2},{3,4}}'
  );
  insert into everything default values;
`;

const source = await makeDatabase(sample);
await source.pool.query(rowsSql);
const dumped = await buffer(dump(source.pool));
let target: TestDatabase;

async function makeDatabase(migrations?: readonly Migration[]): Promise<TestDatabase> {
  const database = await createTestDatabase({ isMigrated: false });
  if (migrations) await migrate(database.pool, { migrations });
  return database;
}

beforeEach(async () => {
  target = await makeDatabase(sample);
  return () => target.close();
});
afterAll(() => source.close());

/** All rows, all sequences, constraints and triggers, as text. */
async function contentOf(pool: pg.Pool): Promise<unknown> {
  const { rows: tables } = await pool.query(`select quote_ident(relname) as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'schema_migration' order by 1`);
  const content: Record<string, unknown> = {};
  for (const { name } of tables) {
    const { rows } = await pool.query(
      `select count(*), md5(string_agg(t::text, e'\\n' order by t::text)) from ${name} t`,
    );
    content[name] = rows[0];
  }
  const others = await pool.query(`
    select sequencename || ' ' || coalesce(last_value, -1) from pg_sequences where schemaname = 'public'
    union all select conname || ' ' || pg_get_constraintdef(oid) from pg_constraint where connamespace = 'public'::regnamespace
    union all select tgname || tgenabled::text from pg_trigger join pg_class on pg_class.oid = tgrelid
      where not tgisinternal and relnamespace = 'public'::regnamespace order by 1`);
  return { ...content, others: others.rows };
}

describe('dump and restore', () => {
  it('moves every row, sequence, constraint and trigger to another server', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-pg-test-'));
    const server = await startPostgres({ dataDir: folder, log: () => {}, settings: { fsync: 'off' } });
    const there = connect(server.config);
    await migrate(there.pool, { migrations: sample });
    const restored = await restore(Readable.from([dumped]), there.pool);
    expect(restored.rows).toEqual({ Empty: 0, channel: 2, counter: 1, everything: 2, publication: 20_000 });
    expect(Math.abs(Date.now() - Date.parse(restored.taken_at))).toBeLessThan(600_000);
    expect(await contentOf(there.pool)).toEqual(await contentOf(source.pool));
    const { rows } = await there.pool.query(`insert into channel (name) values ('three') returning id`);
    expect(rows).toEqual([{ id: 3 }]);
    const orphan = there.pool.query(`insert into publication (channel, made_at) values (99, now())`);
    await expect(orphan).rejects.toMatchObject({ code: '23503' });
    await there.close();
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  it('carries the schema of our migrations', async () => {
    const [from, to] = await Promise.all([createTestDatabase(), makeDatabase(readMigrations())]);
    await restore(dump(from.pool), to.pool);
    expect(await contentOf(to.pool)).toEqual(await contentOf(from.pool));
    expect((await migrate(to.pool)).version).toBe(readMigrations().length);
    await from.close();
    await to.close();
  });

  it('shows one moment while others write', async () => {
    const busy = await makeDatabase(sample);
    await busy.pool.query(rowsSql);
    const stream = dump(busy.pool);
    let pieces = 0;
    const chunks: Buffer[] = [];
    for await (const chunk of stream) {
      chunks.push(chunk);
      if (pieces++ === 0)
        await busy.pool.query(`insert into channel (name) values ('late'); update publication set note = 'late'`);
    }
    const restored = await restore(Readable.from(chunks), target.pool);
    expect(restored.rows).toMatchObject({ channel: 2, publication: 20_000 });
    expect((await target.pool.query(`select from publication where note = 'late'`)).rowCount).toBe(0);
    await busy.close();
  });

  it('lets go of its connection when nobody reads on', async () => {
    const stream = dump(source.pool);
    await new Promise((resolve) => stream.once('data', resolve));
    stream.destroy();
    const sessions = async () =>
      (
        await source.pool.query(
          `select from pg_stat_activity where datname = current_database() and state like '%in transaction%'`,
        )
      ).rowCount;
    await expect.poll(sessions).toBe(0);
    expect(await source.pool.query('select 1')).toMatchObject({ rowCount: 1 });
  });

  it('refuses a column that would not survive the journey', async () => {
    const odd = await makeDatabase();
    await odd.pool.query(`create type mood as enum ('good'); create table t (a mood[])`);
    await expect(buffer(dump(odd.pool))).rejects.toMatchObject({ code: 'dump_column_type', found: 'mood' });
    await odd.close();
  });
});

describe('restore', () => {
  const isUntouched = async () => {
    expect((await target.pool.query('select from channel')).rowCount).toBe(0);
    await expect(target.pool.query('insert into channel (name, head) values ($1, 7)', ['x'])).rejects.toMatchObject({
      code: '23503',
    });
  };

  it('refuses another schema and says which', async () => {
    const newer = [...sample, { ...sample[0]!, version: 2, sql: 'create table more ()' }];
    await migrate(target.pool, { migrations: newer });
    await expect(restore(Readable.from([dumped]), target.pool)).rejects.toMatchObject({
      code: 'dump_other_schema',
      wanted: 'schema version 2',
      found: 'schema version 1',
    });
    await isUntouched();
  });

  it('refuses a database that holds rows', async () => {
    await target.pool.query(`insert into channel (name) values ('mine')`);
    await expect(restore(Readable.from([dumped]), target.pool)).rejects.toMatchObject({
      code: 'dump_target_not_empty',
      found: 'channel',
    });
    expect((await target.pool.query('select name from channel')).rows).toEqual([{ name: 'mine' }]);
  });

  const plain = zstdDecompressSync(dumped);
  const changed = (at: number, bit = 0) => {
    const copy = Buffer.from(plain);
    copy[at]! ^= 1 << bit;
    return zstdCompressSync(copy);
  };
  it.each<[string, () => Buffer]>([
    ['nothing', () => Buffer.alloc(0)],
    ['no dump', () => Buffer.from('hello')],
    ['another zstd file', () => zstdCompressSync(Buffer.from('hello, this is no dump at all'))],
    ['a cut file', () => dumped.subarray(0, dumped.length / 2)],
    ['a file without its trailer', () => zstdCompressSync(plain.subarray(0, -37))],
    ['a file cut in its trailer', () => zstdCompressSync(plain.subarray(0, -1))],
    ['a changed magic', () => changed(3)],
    ['a changed row', () => changed(plain.length - 5000)],
    ['a changed header', () => changed(plain.indexOf('taken_at'))],
    ['a changed size', () => changed(15)],
    ['a changed digest', () => changed(plain.length - 1)],
    ['something behind it', () => zstdCompressSync(Buffer.concat([plain, Buffer.from('more')]))],
    [
      'a frame too many',
      () => zstdCompressSync(Buffer.concat([plain.subarray(0, -37), Buffer.from('x\0\0\0\0'), plain.subarray(-37)])),
    ],
  ])('leaves the database untouched by %s', async (_, make) => {
    await expect(restore(Readable.from([make()]), target.pool)).rejects.toMatchObject({ code: 'dump_damaged' });
    await isUntouched();
  });

  it('notices any changed bit', async () => {
    const flip = fc.record({ at: fc.nat(plain.length - 1), bit: fc.nat(7) });
    await fc.assert(
      fc.asyncProperty(flip, async ({ at, bit }) => {
        const file = changed(at, bit);
        // The header is compared before it can be verified.
        const code = expect.stringMatching(/^dump_(damaged|other_schema)$/);
        await expect(restore(Readable.from([file]), target.pool)).rejects.toMatchObject({ code });
      }),
      { numRuns: 15 },
    );
    await isUntouched();
  });

  it.each(['at once', 'later'])('passes on why the file could not be read, told %s', async (when) => {
    const broken = new Readable({ read: () => {} });
    const restoring = restore(broken, target.pool);
    const breaks = () => broken.destroy(Object.assign(new Error('disk'), { code: 'EIO' }));
    if (when === 'at once') breaks();
    else setTimeout(breaks, 50);
    await expect(restoring).rejects.toMatchObject({ code: 'EIO' });
    await isUntouched();
  });
});
