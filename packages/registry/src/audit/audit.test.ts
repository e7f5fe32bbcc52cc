import { recordEvent } from '@sluice/catalog';
import { createTestDatabase, type TestDatabase } from '@sluice/testkit';
import { beforeEach, expect, test } from 'vitest';
import { sealEvents } from './seal-events.ts';
import { type AuditPlace, type AuditSlice, verifyAudit } from './verify-audit.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
  return () => database.close();
});

async function happen(count: number, actor = 'ann'): Promise<void> {
  for (let i = 0; i < count; i++) {
    await recordEvent(database.db, {
      at: new Date(),
      actor,
      action: 'channel_updated',
      subject: `c${i}`,
      data: { n: i, b: [null, 'é'] },
    });
  }
}

/** The walk to its end, a few links at a time. */
async function walk(limit = 3): Promise<AuditSlice> {
  let place: AuditPlace | undefined = { link: 0, event: 0 };
  let checked = 0;
  for (;;) {
    const slice: AuditSlice = await verifyAudit(database, place, limit);
    checked += slice.checked;
    if (!slice.next) return { ...slice, checked };
    place = slice.next;
  }
}

/** As somebody with the keys of the database would. */
async function tamper(statement: string): Promise<void> {
  await database.pool.query(
    `set session_replication_role = replica; ${statement}; set session_replication_role = origin`,
  );
}

test('events are chained once, however they committed and whoever seals', async () => {
  await happen(5);
  const late = database.pool.connect();
  const client = await late;
  await client.query('begin');
  await client.query(`insert into event (at, actor, action) values (now(), 'bob', 'late')`);
  await happen(2);
  expect(await sealEvents(database, 2)).toBe(7);
  await client.query('commit');
  client.release();
  await happen(3);
  const both = await Promise.all([sealEvents(database, 2), sealEvents(database, 2)]);
  expect(both[0] + both[1] + (await sealEvents(database))).toBe(4);
  const { rows } = await database.pool.query('select no, event_id from event_seal order by no');
  expect(rows.map(({ no }) => no)).toEqual(Array.from({ length: 11 }, (_, i) => i + 1));
  // The one that committed late has the smaller id and the higher number.
  expect(rows.findIndex(({ event_id }) => event_id === 6)).toBeGreaterThan(6);
  expect((await database.pool.query('select from event_unsealed')).rowCount).toBe(0);
  expect(await walk()).toMatchObject({ checked: 22, fault: undefined, last: { link: 11 } });
});

test('the application can neither change nor remove what happened', async () => {
  await happen(1);
  await sealEvents(database);
  for (const statement of [
    `update event set actor = 'eve'`,
    'delete from event',
    'truncate event cascade',
    'update event_seal set no = 7',
    'delete from event_seal',
  ]) {
    await expect(database.pool.query(statement)).rejects.toMatchObject({ code: '23001' });
  }
});

test.each([
  ['changed', `update event set actor = 'eve' where id = 4`, { code: 'event_changed', link: 4, event_id: 4 }],
  [
    'changed in its data',
    `update event set data = data || '{"n": 9}' where id = 8`,
    { code: 'event_changed', link: 8, event_id: 8 },
  ],
  ['removed', 'delete from event where id = 5', { code: 'event_missing', link: 5, event_id: 5 }],
  [
    'removed with its link',
    'delete from event where id = 5; delete from event_seal where event_id = 5',
    { code: 'link_missing', link: 5, event_id: null },
  ],
  [
    'put in another order',
    'update event_seal set event_id = case event_id when 6 then 107 when 7 then 106 end where event_id in (6, 7); update event_seal set event_id = event_id - 100 where event_id > 100',
    { code: 'event_changed', link: 6, event_id: 7 },
  ],
  [
    'slipped in',
    `insert into event (at, actor, action) values (now(), 'eve', 'channel_created')`,
    { code: 'event_unchained', link: null, event_id: 10 },
  ],
  [
    'cut off at the end with the links',
    'delete from event_seal where no > 7',
    { code: 'event_unchained', link: null, event_id: 8 },
  ],
])('an event that was %s is found and named', async (_, statement, fault) => {
  await happen(9);
  await sealEvents(database);
  expect((await walk()).fault).toBeUndefined();
  await tamper(statement);
  expect((await walk()).fault).toEqual(fault);
});

test('a sealer that dies between leaves the events to the next one', async () => {
  await happen(3);
  const client = await database.pool.connect();
  await client.query('begin');
  await client.query('delete from event_unsealed');
  await client.query(`insert into event_seal values (1, 1, '\\x00')`);
  const { rows } = await client.query('select pg_backend_pid() as pid');
  client.on('error', () => {});
  await database.pool.query('select pg_terminate_backend($1)', [rows[0].pid]);
  client.release(true);
  expect(await sealEvents(database)).toBe(3);
  expect((await walk()).fault).toBeUndefined();
});

test('ten thousand events of a second are chained in a fraction of one', async () => {
  await database.pool.query(`
    insert into event (at, actor, action, data)
    select now(), 'ann', 'artifact_registered', jsonb_build_object('ckey', 'linux-64/a-' || n)
    from generate_series(1, 10000) n`);
  const begun = performance.now();
  expect(await sealEvents(database)).toBe(10_000);
  const sealMs = performance.now() - begun;
  expect((await walk(10_000)).fault).toBeUndefined();
  console.log(`sealed 10,000 events in ${sealMs.toFixed(0)} ms`);
  expect(sealMs).toBeLessThan(20_000);
});
