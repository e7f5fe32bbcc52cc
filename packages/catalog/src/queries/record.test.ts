import { createTestDatabase, type TestDatabase } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyRecordsOfMap } from './monolith.ts';
import { copyLiveRecords, copyRecordsOf } from './record.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  const { pool } = database;
  await pool.query(
    "insert into source (id, type, url, created_at) overriding system value values (7, 'conda', 'https://one.example', now())",
  );
  await pool.query(`
    insert into record (source_id, subdir, file, from_rev, body)
    select 7, subdir, 'name' || n / 10 || '-' || n % 10 || case when subdir like 'src%' then '.tar.gz' else '-0.conda' end, 1, ''
    from unnest(array['noarch', 'linux-64', 'src/contrib']) as subdir, generate_series(1, 10000) as n`);
  await pool.query('analyze record');
});
afterAll(() => database.close());

describe('copyRecordsOf', () => {
  /** The planner cannot know how little lies in the range of a name, and would hold every record of the part against all names. */
  it.each(['linux-64', 'src/contrib'])('looks each name up by itself, in %s', async (subdir) => {
    const names = Array.from({ length: 150 }, (_, n) => `name${n}`);
    const command = copyRecordsOf({ source_id: 7, subdir }, 1, names);
    const query = command.replace(/^copy \((.*)\) to stdout.*$/s, '$1');
    const client = await database.pool.connect();
    // As in a large catalog, where going once through a part seems cheaper than looking up what may be much of it 150 times.
    await client.query('set random_page_cost = 1000; set enable_seqscan = off; set enable_bitmapscan = off');
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain ${query}`);
    client.release(true);
    expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toMatch(/Index Cond:.* \(file >= .* \(file < /);
  });
});

describe('what reads all files with an ending', () => {
  const parts = [{ source_id: 7, subdir: 'linux-64', revision: 1 }];

  /** As it guesses for an equation, it would sort them all on disk, and read as many again to hand them on. */
  it.each([
    ['copyRecordsOfMap', copyRecordsOfMap(parts, { ending: '.conda', v3: false })],
    ['copyLiveRecords', copyLiveRecords(parts, '.conda')],
  ])('is not guessed by the planner to be few: %s', async (_, command) => {
    const query = command.replace(/^copy \((.*)\) to stdout.*$/s, '$1');
    const { rows } = await database.pool.query(`explain (format json) ${query}`);
    expect(rows[0]['QUERY PLAN'][0].Plan['Plan Rows']).toBeGreaterThan(2500);
  });
});
