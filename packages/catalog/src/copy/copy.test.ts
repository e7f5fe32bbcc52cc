import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase } from '@sluice/testkit';
import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isConnectionLoss } from '../connection-loss.ts';
import { copyIn } from './copy-in.ts';
import { copyOut } from './copy-out.ts';
import type { CopyType, CopyValue } from './row-packer.ts';

const database = await createTestDatabase({ isMigrated: false });
let client: pg.PoolClient;
beforeAll(async () => {
  client = await database.pool.connect();
});
afterAll(async () => {
  client.release();
  await database.close();
});

const text = fc.string({ unit: 'binary', maxLength: 80 }).map((value) => value.replaceAll('\0', ''));
// No backslash: V8 13.6 reads the key "b\\n" as "b\\" after it has read a like object with the key "b\\".
const json = fc.json({ stringUnit: fc.constantFrom('a', 'é', '漢', '"', '\n') });
/** Values of each type and how a batch gives them back. */
const columns: {
  type: CopyType;
  values: fc.Arbitrary<CopyValue>;
  read: 'boolean' | 'bytes' | 'float' | 'integer' | 'json' | 'text' | 'texts' | 'date' | 'uuid';
}[] = [
  { type: 'bool', values: fc.boolean(), read: 'boolean' },
  { type: 'int2', values: fc.integer({ min: -32768, max: 32767 }), read: 'integer' },
  { type: 'int4', values: fc.integer(), read: 'integer' },
  { type: 'int8', values: fc.maxSafeInteger(), read: 'integer' },
  { type: 'float8', values: fc.double(), read: 'float' },
  { type: 'text', values: text, read: 'text' },
  { type: 'bytea', values: fc.uint8Array({ maxLength: 80 }), read: 'bytes' },
  { type: 'timestamptz', values: fc.date({ min: new Date('-004000-01-01'), noInvalidDate: true }), read: 'date' },
  { type: 'uuid', values: fc.uuid(), read: 'uuid' },
  { type: 'jsonb', values: json, read: 'json' },
  { type: 'text[]', values: fc.array(text, { maxLength: 5 }), read: 'texts' },
];
const types = columns.map(({ type }) => type);
const names = types.map((_, index) => `c${index}`).join(', ');

async function makeTable(name: string): Promise<void> {
  await client.query(`drop table if exists ${name}`);
  await client.query(`create table ${name} (${types.map((type, index) => `c${index} ${type}`).join(', ')})`);
}

async function send(sql: string, sent: readonly CopyType[], rows: Iterable<readonly CopyValue[]>): Promise<number> {
  const writer = copyIn(client, sql, sent);
  for (const row of rows) if (!writer.row(row)) await writer.drain();
  return writer.end();
}

async function receive(sql: string): Promise<unknown[][]> {
  const rows: unknown[][] = [];
  for await (const batch of copyOut(client, sql)) {
    for (let row = 0; row < batch.length; row++) rows.push(columns.map(({ read }, column) => batch[read](row, column)));
  }
  return rows;
}

const expected = ({ type }: (typeof columns)[number], value: CopyValue): unknown => {
  if (type === 'jsonb' && value !== null) return JSON.parse(value as string);
  return type === 'bytea' && value !== null ? Buffer.from(value as Uint8Array) : value;
};

describe('binary COPY', () => {
  it('brings back what was sent, and PostgreSQL reads the same', async () => {
    const row = fc.tuple(...columns.map(({ values }) => fc.option(values, { freq: 8 })));
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 20 }), async (rows) => {
        await makeTable('t');
        expect(await send(`copy t from stdin (format binary)`, types, rows)).toBe(rows.length);
        const wanted = rows.map((values) => values.map((value, index) => expected(columns[index]!, value)));
        expect(await receive(`copy (select ${names} from t) to stdout (format binary)`)).toEqual(wanted);
        const seen = await client.query({ text: `select c2, c3, c5, c6, c8, c10 from t`, rowMode: 'array' });
        expect(seen.rows).toEqual(wanted.map((values) => [2, 3, 5, 6, 8, 10].map((index) => values[index])));
      }),
      { numRuns: 60 },
    );
  });

  it('takes text and jsonb as UTF-8, and int8 as bigint', async () => {
    await client.query('create temp table u (a text, b jsonb, c int8)');
    const utf8 = (value: string) => new TextEncoder().encode(value);
    await send(
      'copy u from stdin (format binary)',
      ['text', 'jsonb', 'int8'],
      [[utf8('é'), utf8('{"a":1}'), -(2n ** 63n)]],
    );
    const { rows } = await client.query('select a, b, c::text from u');
    expect(rows).toEqual([{ a: 'é', b: { a: 1 }, c: '-9223372036854775808' }]);
    const batches = copyOut(client, 'copy (select c from u) to stdout (format binary)');
    const { value: batch } = await batches.next();
    expect(() => batch!.integer(0, 0)).toThrow(expect.objectContaining({ code: 'int8_unsafe' }));
    expect((await batches.next()).done).toBe(true);
  });

  it('carries values far longer than a buffer, between short ones', async () => {
    await client.query('create temp table long (id int4, a text, b bytea)');
    const sizes = [0, 1, 4095, 4096, 262_143, 262_144, 262_145, 1_048_576, 3_000_000, 7];
    const rows = sizes.map((size, id): CopyValue[] => [id, 'é'.repeat(size), Buffer.alloc(size, id)]);
    expect(await send('copy long from stdin (format binary)', ['int4', 'text', 'bytea'], rows)).toBe(sizes.length);
    const found: unknown[][] = [];
    for await (const batch of copyOut(client, 'copy long to stdout (format binary)')) {
      for (let row = 0; row < batch.length; row++) {
        found.push([batch.integer(row, 0), batch.text(row, 1), batch.bytes(row, 2)]);
      }
    }
    expect(found.map(([id, a, b]) => [id, (a as string).length, (b as Buffer).every((byte) => byte === id)])).toEqual(
      sizes.map((size, id) => [id, size, true]),
    );
    expect(found.map(([, a]) => a === 'é'.repeat((a as string).length))).toEqual(sizes.map(() => true));
  });

  it('keeps many rows in order, and their batches valid after the next came', async () => {
    await client.query('create temp table many (id int4, a text)');
    const count = 100_000;
    const rows = function* (): Generator<CopyValue[]> {
      for (let id = 0; id < count; id++) yield [id, `row ${id} ${'x'.repeat(id % 50)}`];
    };
    expect(await send('copy many from stdin (format binary)', ['int4', 'text'], rows())).toBe(count);
    const batches = [];
    for await (const batch of copyOut(client, 'copy (select * from many order by id) to stdout (format binary)'))
      batches.push(batch);
    expect(batches.length).toBeGreaterThan(2);
    let next = 0;
    for (const batch of batches) {
      for (let row = 0; row < batch.length; row++, next++) {
        const found = `${batch.integer(row, 0)}: ${batch.text(row, 1)}`;
        if (found !== `${next}: row ${next} ${'x'.repeat(next % 50)}`) expect.fail(`row ${next} is ${found}`);
      }
    }
    expect(next).toBe(count);
    for (const batch of batches.slice(1)) batch.release();
    expect(batches[0]!.text(0, 1)).toBe('row 0 ');
  });

  it('reads on when a batch was given up', async () => {
    let sum = 0;
    const series =
      'copy (select id, repeat(md5(id::text), id % 900) from generate_series(1, 3000) id) to stdout (format binary)';
    for await (const batch of copyOut(client, series)) {
      for (let row = 0; row < batch.length; row++) {
        expect(batch.size(row, 1)).toBe((batch.integer(row, 0)! % 900) * 32);
        sum += batch.integer(row, 0)!;
      }
      batch.release();
      expect(batch.buffer.buffer.byteLength).toBe(0);
    }
    expect(sum).toBe((3000 * 3001) / 2);
  });

  it('gives no batch for no rows', async () => {
    expect(await receive('copy (select 1 where false) to stdout (format binary)')).toEqual([]);
    await client.query('create temp table none (a int4)');
    expect(await send('copy none from stdin (format binary)', ['int4'], [])).toBe(0);
  });
});

describe('a COPY that fails', () => {
  const rows = function* (duplicateAt: number): Generator<CopyValue[]> {
    for (let id = 0; id < 60_000; id++) yield [id === duplicateAt ? 0 : id, 'x'.repeat(200)];
  };
  const isUsable = async () => expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);

  it.each([10, 30_000, 59_999])(
    'reports what the server says of row %i and leaves the connection usable',
    async (at) => {
      await client.query(
        'drop table if exists unique_rows; create temp table unique_rows (id int4 primary key, a text)',
      );
      const failure = send('copy unique_rows from stdin (format binary)', ['int4', 'text'], rows(at));
      await expect(failure).rejects.toMatchObject({ code: '23505' });
      await isUsable();
      expect((await client.query('select count(*) from unique_rows')).rows).toEqual([{ count: 0 }]);
    },
  );

  it('reports a statement that cannot run', async () => {
    await expect(send('copy absent from stdin (format binary)', ['int4', 'text'], rows(-1))).rejects.toMatchObject({
      code: '42P01',
    });
    await expect(receive('copy absent to stdout (format binary)')).rejects.toMatchObject({ code: '42P01' });
    await isUsable();
  });

  it.each<[CopyType, CopyValue]>([
    ['int2', 32768],
    ['int4', 2 ** 31],
    ['int4', 1.5],
    ['int4', '1'],
    ['int8', 2 ** 53],
    ['int8', 2n ** 63n],
    ['bool', 1],
    ['float8', '1'],
    ['text', 1],
    ['bytea', 'x'],
    ['timestamptz', new Date(Number.NaN)],
    ['uuid', 'x'],
    ['jsonb', 1],
    ['text[]', 'x'],
  ])('refuses for %s the value %s, and can be given up', async (type, value) => {
    await client.query(`drop table if exists fits; create temp table fits (a ${type})`);
    const writer = copyIn(client, 'copy fits from stdin (format binary)', [type]);
    writer.row([null]);
    expect(() => writer.row([value])).toThrow(expect.objectContaining({ code: 'copy_value' }));
    await writer.abort();
    expect((await client.query('select count(*) from fits')).rows).toEqual([{ count: 0 }]);
  });

  it('refuses a row of another length, and an answer in text', async () => {
    const writer = copyIn(client, 'copy fits from stdin (format binary)', ['text[]']);
    expect(() => writer.row([null, null])).toThrow(expect.objectContaining({ code: 'copy_value' }));
    await writer.abort();
    const other = await database.pool.connect();
    const batches = copyOut(other, 'copy (select 1) to stdout');
    await expect(batches.next()).rejects.toMatchObject({ code: 'copy_format' });
    other.release();
  });

  it('is ended by leaving the loop, with its connection', async () => {
    const other = await database.pool.connect();
    for await (const batch of copyOut(
      other,
      'copy (select repeat(md5(i::text), 100) from generate_series(1, 100000) i) to stdout (format binary)',
    )) {
      expect(batch.length).toBeGreaterThan(0);
      break;
    }
    await expect(other.query('select 1')).rejects.toThrow();
    other.release();
    expect((await database.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  it('reads little ahead of whoever takes its rows', async () => {
    const other = await database.pool.connect();
    const { stream } = (other as unknown as { connection: { stream: Socket } }).connection;
    const batches = copyOut(
      other,
      'copy (select repeat(md5(i::text), 100) from generate_series(1, 100000) i) to stdout (format binary)',
    );
    await batches.next();
    let [before, now] = [-1, stream.bytesRead];
    while (now > before) {
      await sleep(50);
      [before, now] = [now, stream.bytesRead];
    }
    expect(now).toBeLessThan(10_000_000);
    let rows = 0;
    for await (const batch of batches) rows += batch.length;
    expect(rows).toBeGreaterThan(99_000);
    expect((await other.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    other.release();
  });

  it('says that the connection broke, however much it had sent', async () => {
    const other = await database.pool.connect();
    other.on('error', () => {});
    const { rows: pids } = await other.query('select pg_backend_pid() as pid');
    const sql = 'copy (select repeat(md5(i::text), 100) from generate_series(1, 100000) i) to stdout (format binary)';
    const batches = copyOut(other, sql);
    await batches.next();
    await database.pool.query('select pg_terminate_backend($1)', [pids[0].pid]);
    const all = async () => {
      for await (const batch of batches) expect(batch.length).toBeGreaterThan(0);
    };
    await expect(all()).rejects.toSatisfy(isConnectionLoss);
    other.release(true);
  });

  it('ends when the connection breaks', async () => {
    const other = await database.pool.connect();
    other.on('error', () => {});
    const { rows: pids } = await other.query('select pg_backend_pid() as pid');
    await client.query('create table if not exists broken (id int4, a text)');
    const writer = copyIn(other, 'copy broken from stdin (format binary)', ['int4', 'text']);
    await database.pool.query('select pg_terminate_backend($1)', [pids[0].pid]);
    const endless = async () => {
      for (;;) if (!writer.row([1, 'x'.repeat(1000)])) await writer.drain();
    };
    await expect(endless()).rejects.toThrow();
    await writer.abort();
    other.release(true);
  });
});
