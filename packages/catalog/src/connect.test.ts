import net from 'node:net';
import { createTestDatabase } from '@sluice/testkit';
import type pg from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { connect } from './connect.ts';
import { isConnectionLoss } from './connection-loss.ts';
import { copyIn } from './copy/copy-in.ts';

const database = await createTestDatabase({ isMigrated: false });
afterAll(() => database.close());

describe('connect', () => {
  it.each([
    ['int8', '9007199254740991', 9007199254740991],
    ['int8', '-9007199254740991', -9007199254740991],
    ['date', '2026-02-28', '2026-02-28'],
    ['timestamptz', '2026-02-28 12:00:00.123+02', new Date('2026-02-28T10:00:00.123Z')],
    ['numeric', '1.10', '1.10'],
    ['bytea', '\\x00ff', Buffer.from([0, 255])],
    ['jsonb', '{"a":[1,null]}', { a: [1, null] }],
    ['text[]', '{a,NULL,"b c"}', ['a', null, 'b c']],
  ])('reads %s %s', async (type, text, value) => {
    const { rows } = await database.pool.query(`select $1::${type} as value`, [text]);
    expect(rows).toEqual([{ value }]);
  });

  it('refuses an int8 that a number cannot hold', async () => {
    const failure = database.pool.query('select 9007199254740992::int8');
    await expect(failure).rejects.toMatchObject({ code: 'int8_unsafe', found: '9007199254740992' });
  });

  it('ends a statement that runs too long', async () => {
    const hasty = connect(database.connectionString, { statementTimeout_ms: 50, max: 1 });
    await expect(hasty.pool.query('select pg_sleep(10)')).rejects.toMatchObject({ code: '57014' });
    await hasty.close();
  });

  it.each<[string, (client: pg.PoolClient) => Promise<unknown>]>([
    ['a query', (client) => client.query('select 1')],
    [
      'a query with a callback',
      (client) =>
        new Promise((resolve, reject) => client.query('select 1', (error) => (error ? reject(error) : resolve(0)))),
    ],
    ['a COPY', (client) => copyIn(client, 'copy pg_aggregate from stdin (format binary)', []).end()],
  ])('says of %s by its code that the connection broke before', async (_, ask) => {
    const victim = connect(database.config, { max: 1 });
    const client = await victim.pool.connect();
    const { rows } = await client.query('select pg_backend_pid() as pid');
    const broken = new Promise((resolve) => client.once('end', resolve));
    await database.pool.query('select pg_terminate_backend($1)', [rows[0].pid]);
    await broken;
    const error = await ask(client).catch((error: unknown) => error);
    expect(isConnectionLoss(error)).toBe(true);
    client.release(true);
    await victim.close();
  });

  it('says of a running query by its code that the connection broke', async () => {
    const cut = net.createServer((socket) => {
      const server = net.connect(`${database.config.host}/.s.PGSQL.${database.config.port}`);
      socket.pipe(server).pipe(socket);
      for (const end of [socket, server]) end.on('error', () => {});
      socket.on('data', (asked) => asked.includes('pg_sleep') && setTimeout(() => socket.destroy(), 100));
    });
    await new Promise<void>((resolve) => cut.listen(0, '127.0.0.1', resolve));
    const { port } = cut.address() as net.AddressInfo;
    const victim = connect({ ...database.config, host: '127.0.0.1', port }, { max: 1 });
    const error = await victim.pool.query('select pg_sleep(10)').catch((error: unknown) => error);
    expect(isConnectionLoss(error)).toBe(true);
    await victim.close();
    cut.close();
  });

  it('survives the loss of an idle connection, and closes without ever having asked', async () => {
    const lost: Error[] = [];
    const victim = connect(database.config, { max: 1, onIdleError: (error) => lost.push(error) });
    const { rows } = await victim.pool.query('select pg_backend_pid() as pid');
    await database.pool.query('select pg_terminate_backend($1)', [rows[0].pid]);
    await expect.poll(() => lost.length).toBe(1);
    expect((await victim.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await victim.close();
    const idle = connect(database.config);
    await idle.close();
    expect(idle.pool.ended).toBe(true);
  });
});
