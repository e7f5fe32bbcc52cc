import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { insertChannel } from '@sluice/catalog';
import { startUpstreamServer, type UpstreamServer, writeCondaChannel } from '@sluice/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { scheduleMirrors } from '../run/schedule-mirrors.ts';
import { actor, type Bench, openBench } from '../testing/bench.ts';
import { createMirror } from './create-mirror.ts';
import { deleteMirror } from './delete-mirror.ts';
import { editMirror } from './edit-mirror.ts';
import { listMirrors, listRuns, mirrorInfo } from './mirror-view.ts';
import { runNow } from './run-mirror.ts';

let channel: string;
let upstream: UpstreamServer;
let bench: Bench;
let now: Date;

const ca = readFileSync(new URL('../fetch/testdata/localhost.pem', import.meta.url), 'utf8');

beforeAll(async () => {
  channel = mkdtempSync(join(tmpdir(), 'channel-'));
  writeCondaChannel(channel);
  upstream = await startUpstreamServer({ folder: channel });
});
afterAll(async () => {
  await upstream.close();
  rmSync(channel, { recursive: true });
});
beforeEach(async () => {
  bench = await openBench();
  now = new Date('2026-11-21T10:00:00Z');
  bench.deps.now = () => now;
});
afterEach(() => bench.close());

const create = (input: object = {}, run_now = false) =>
  createMirror(
    bench.deps,
    { channelId: bench.channel.id, input: { mirror_name: 'one', source_root: upstream.url, ...input }, run_now },
    actor,
  );
/** Let time pass, or the next run would be as old as the last one. */
const laterRun = () => {
  now = new Date(now.getTime() + 60_000);
};
const info = (id: string) => mirrorInfo(bench.deps, id);
const sources = () => bench.deps.db.selectFrom('source').selectAll().orderBy('id').execute();
const tasks = async () => (await bench.takeJobs()).map((job) => job.key);

describe('createMirror', () => {
  test('gives back what was given, with defaults, and runs when its time comes', async () => {
    const id = await create({ filters: { subdirs: ['noarch'], exclude_specs: ['p*'] } });
    expect(await info(id)).toEqual({
      id,
      name: 'one',
      type: 'conda',
      mode: 'passive',
      source_root: upstream.url,
      proxy: null,
      filters: { subdirs: ['noarch'], exclude_specs: ['p*'] },
      authentication: null,
      ca_certificates: [],
      internal: false,
      keep_legacy: false,
      limits: {},
      keep_removed: false,
      grace_days: null,
      cron: '0 0 1 * *',
      frequency: 'monthly',
      time_zone: 'UTC',
      next_run_at: new Date('2026-12-01T00:00:00Z'),
      last_run_at: null,
      state: null,
      progress: expect.objectContaining({}),
      failed_request: null,
      what_next: null,
      sync_state: expect.objectContaining({ last_ckey: null, current_step_number: 0 }),
      created_at: now,
      updated_at: now,
      channel: { id: bench.channel.id, path: 'forge', privacy: 'public' },
    });
    expect(await tasks()).toEqual([]);
  });

  test('with run_now queues the first run in the same transaction', async () => {
    const id = await create({}, true);
    expect((await info(id)).state).toBe('pending');
    expect(await tasks()).toEqual([expect.stringMatching(/^run:/)]);
  });

  test('a name is one mirror in a channel, and may be another in another', async () => {
    await create();
    await expect(create({}, true)).rejects.toMatchObject({ code: 'mirror_name_taken' });
    expect(await tasks()).toEqual([]);
    const other = await insertChannel(
      bench.deps.db,
      {
        path: 'other',
        parent_id: null,
        privacy: 'public',
        owner_id: null,
        description: '',
        types: ['conda'],
        filters: {},
        frozen: false,
      },
      now,
    );
    const input = { mirror_name: 'one', source_root: upstream.url };
    await createMirror(bench.deps, { channelId: other!.id, input }, actor);
    expect((await sources()).length).toBe(1);
    await expect(createMirror(bench.deps, { channelId: 999, input }, actor)).rejects.toMatchObject({
      code: 'channel_missing',
    });
  });

  test('a place that is not allowed is refused when it is typed', async () => {
    for (const source_root of ['http://169.254.169.254/latest', 'http://127.0.0.9/x', '/etc', 'file:///etc']) {
      await expect(create({ source_root }), source_root).rejects.toMatchObject({ code: 'source_refused' });
    }
    await expect(create({ proxy: 'http://127.0.0.9:3128' })).rejects.toMatchObject({ code: 'source_refused' });
    await create({ source_root: 'http://not-there-yet.invalid/channel' });
  });

  test('secrets are sealed, shown as ***, and make another source', async () => {
    const address = upstream.url.replace('//', '//me:hush@');
    const id = await create({ source_root: `${address}/t/hush/c`, proxy: 'http://you:hush@127.0.0.1:3128' });
    await create({ mirror_name: 'two', source_root: `${upstream.url}/t/other/c`, proxy: 'http://127.0.0.1:3128' });
    expect(await info(id)).toMatchObject({
      source_root: `${upstream.url.replace('//', '//***@')}/t/***/c`,
      proxy: 'http://***@127.0.0.1:3128',
    });
    const [one, two] = await sources();
    expect([one!.url, one!.proxy]).toEqual([two!.url, two!.proxy]);
    expect(JSON.stringify(await bench.deps.db.selectFrom('event').selectAll().execute())).not.toContain('hush');
    expect(bench.deps.sealer.open(one!.credential)).toEqual({
      userInfo: 'me:hush',
      token: 'hush',
      proxyUserInfo: 'you:hush',
    });
  });
});

describe('editMirror', () => {
  const edit = (id: string, change: object) => editMirror(bench.deps, id, change, actor);

  test('keeps what is not mentioned, also among the filters', async () => {
    const id = await create({
      proxy: 'http://you:hush@127.0.0.1:3128',
      filters: { subdirs: ['noarch'], exclude_specs: ['a'], include_specs: ['b'] },
      keep_legacy: true,
    });
    const before = await info(id);
    now = new Date('2026-11-22T00:00:00Z');
    await edit(id, { mirror_name: 'renamed', filters: { exclude_specs: ['c'], include_specs: null } });
    expect(await info(id)).toEqual({
      ...before,
      name: 'renamed',
      updated_at: now,
      filters: { subdirs: ['noarch'], exclude_specs: ['c'] },
    });
    expect((await sources()).length).toBe(1);
  });

  test('takes back what it showed: nothing changes, and no secret is lost', async () => {
    const id = await create({
      source_root: upstream.url.replace('//', '//me:hush@'),
      proxy: 'http://you:hush@127.0.0.1:3128',
    });
    const { source_root, proxy, filters, name, mode, cron, time_zone, keep_legacy } = await info(id);
    await edit(id, {
      mirror_name: name,
      source_root,
      proxy,
      filters,
      mirror_mode: mode,
      mirror_type: 'conda',
      cron,
      time_zone,
      keep_legacy,
    });
    expect((await bench.events()).filter((action) => action === 'mirror_updated')).toEqual([]);
    expect(bench.deps.sealer.open((await sources())[0]!.credential)).toEqual({
      userInfo: 'me:hush',
      proxyUserInfo: 'you:hush',
    });
    await edit(id, { proxy: null });
    expect(await info(id)).toMatchObject({ proxy: null, source_root });
  });

  test('credentials stay with their host; certificates make another source', async () => {
    const id = await create({ credentials: { token: 'hush' } });
    const secretOf = async (url: string) =>
      bench.deps.sealer.open((await sources()).find((source) => source.url === url)!.credential);
    await edit(id, { source_root: `${upstream.url}/moved`, cron: 'daily' });
    expect(await info(id)).toMatchObject({ authentication: 'bearer', frequency: 'daily' });
    expect(await secretOf(`${upstream.url}/moved`)).toEqual({ bearer: 'hush' });
    await edit(id, { ca });
    expect(await info(id)).toMatchObject({
      authentication: 'bearer',
      ca_certificates: [{ subject: expect.any(String) }],
    });
    await edit(id, { filters: { exclude_specs: ['a'] } });
    const places = (await sources()).map(({ url, ca }) => [url, ca !== null]);
    expect(places).toEqual([
      [upstream.url, false],
      [`${upstream.url}/moved`, false],
      [`${upstream.url}/moved`, true],
    ]);
    await edit(id, { source_root: 'http://10.1.2.3/elsewhere' });
    expect(await info(id)).toMatchObject({ authentication: null, ca_certificates: [{ subject: expect.any(String) }] });
    expect(await secretOf('http://10.1.2.3/elsewhere')).toEqual({});
    await edit(id, { credentials: { username: 'me@home', password: 'p:w' } });
    expect(await info(id)).toMatchObject({ authentication: 'basic', source_root: 'http://***@10.1.2.3/elsewhere' });
    await edit(id, { credentials: null, ca: null });
    expect(await info(id)).toMatchObject({ authentication: null, source_root: 'http://10.1.2.3/elsewhere' });
    expect((await info(id)).ca_certificates).toEqual([]);
  });

  test('publishes when rules changed and there is something to show', async () => {
    const id = await create({}, true);
    await edit(id, { filters: { exclude_specs: ['a'] } });
    expect(await tasks()).toEqual([expect.stringMatching(/^run:/)]);
    await bench.deps.db.deleteFrom('run').execute();
    await runNow(bench.deps, id, actor);
    await bench.work();
    await edit(id, { cron: '0 3 * * *' });
    expect(await tasks()).toEqual([]);
    expect((await info(id)).next_run_at).toEqual(new Date('2026-11-22T03:00:00Z'));
    await edit(id, { keep_legacy: true });
    expect(await tasks()).toEqual([`publish:${bench.channel.id}`]);
  });

  test.each<[string, object, string]>([
    ['another mode', { mirror_mode: 'active' }, 'mode_fixed'],
    ['another type', { mirror_type: 'python_simple' }, 'mode_fixed'],
    ['the name of another', { mirror_name: 'two' }, 'mirror_name_taken'],
    ['what a new one may not have', { filters: { only_specs: ['a'] } }, 'definition_invalid'],
    ['a place that is not allowed', { source_root: 'http://169.254.169.254/' }, 'source_refused'],
  ])('refuses %s, and changes nothing', async (_, change, code) => {
    const id = await create({ filters: { exclude_specs: ['b'] } });
    await create({ mirror_name: 'two' });
    const before = await info(id);
    await expect(edit(id, { cron: '1 1 1 1 *', ...change })).rejects.toMatchObject({ code });
    expect(await info(id)).toEqual(before);
  });

  test('a new source is shown when a run of it is complete; until then the old one stays', async () => {
    const id = await create({}, true);
    await bench.work();
    const mirror = () =>
      bench.deps.db.selectFrom('mirror').select(['source_id', 'next_source_id', 'at_rev']).executeTakeFirstOrThrow();
    const before = await mirror();
    await edit(id, { source_root: `${upstream.url}/moved` });
    expect(await mirror()).toMatchObject({
      source_id: before.source_id,
      at_rev: before.at_rev,
      next_source_id: expect.any(Number),
    });
    expect((await info(id)).source_root).toBe(`${upstream.url}/moved`);
    laterRun();
    await runNow(bench.deps, id, actor);
    await bench.work();
    expect((await bench.lastRun(id)).state).toBe('failed');
    expect((await mirror()).source_id).toBe(before.source_id);

    await edit(id, { source_root: `${upstream.url}/.`, proxy: '' });
    expect(await mirror()).toEqual({ ...before, next_source_id: null });
    laterRun();
    await runNow(bench.deps, id, actor);
    await expect(edit(id, { source_root: `${upstream.url}/moved` })).rejects.toMatchObject({ code: 'run_open' });
    await bench.work();
    expect(await bench.lastRun(id)).toMatchObject({ state: 'completed', error_code: null });
  });

  test('there must be one', async () => {
    await expect(edit('00000000-0000-4000-8000-000000000000', {})).rejects.toMatchObject({ code: 'mirror_missing' });
  });
});

describe('deleteMirror', () => {
  const own = async () => {
    const { rows } = await bench.database.pool.query<{ file: string; body: Buffer }>(
      "select record.file, record.body from record join source on source.id = record.source_id where source.type = 'uploads' order by 1",
    );
    return rows;
  };

  test('keeps what is here as the channel’s own files, verbatim, and drops the rest', async () => {
    const passive = await create({ mirror_name: 'passive', filters: { subdirs: ['noarch', 'linux-64'] } }, true);
    await bench.work();
    const active = await create(
      { mirror_name: 'active', mirror_mode: 'active', filters: { subdirs: ['noarch'] } },
      true,
    );
    await bench.work();
    const { counts } = await bench.lastRun(active);
    expect(await deleteMirror(bench.deps, passive, 'keep', actor)).toBe(counts.active);
    expect(await tasks()).toEqual([`publish:${bench.channel.id}`]);
    const kept = await own();
    expect(kept.length).toBe(counts.active);
    const { rows } = await bench.database.pool.query<{ file: string; body: Buffer }>(
      "select file, body from record where source_id = (select id from source where type = 'conda') and subdir = 'noarch'",
    );
    const upstreamBody = new Map(rows.map((row) => [row.file, row.body.toString()]));
    for (const { file, body } of kept) expect(body.toString()).toBe(upstreamBody.get(file));
    // What is the channel's own already is not copied again.
    expect(await deleteMirror(bench.deps, active, 'keep', actor)).toBe(0);
    expect((await own()).length).toBe(counts.active);
    expect((await bench.events()).slice(-1)).toEqual(['mirror_deleted']);
  });

  test('removes all when told so, and ends an open run', async () => {
    const id = await create({ mirror_mode: 'active', filters: { subdirs: ['noarch'] } }, true);
    await bench.work();
    await runNow(bench.deps, id, actor);
    expect(await deleteMirror(bench.deps, id, 'remove', actor)).toBe(0);
    expect(await own()).toEqual([]);
    expect(await bench.work()).toEqual(['gone']);
    await expect(deleteMirror(bench.deps, id, 'keep', actor)).rejects.toMatchObject({ code: 'mirror_missing' });
  });
});

describe('lists', () => {
  test('are paged, sorted and limited to channels', async () => {
    for (const name of ['b', 'a', 'c']) await create({ mirror_name: name });
    const names = async (list: Partial<Parameters<typeof listMirrors>[1]>) => {
      const { items, total_count } = await listMirrors(bench.deps, { sort: 'name', limit: 10, offset: 0, ...list });
      return [...items.map((item) => item.name), total_count];
    };
    expect(await names({})).toEqual(['a', 'b', 'c', 3]);
    expect(await names({ sort: 'created_at', descending: true, limit: 1, offset: 3 })).toEqual([3]);
    expect(await names({ descending: true, limit: 2 })).toEqual(['c', 'b', 3]);
    expect(await names({ channelIds: [] })).toEqual([0]);
    expect(await names({ channelIds: [bench.channel.id + 1] })).toEqual([0]);
  });

  test('of runs show the history, newest first', async () => {
    const id = await create({ filters: { subdirs: ['noarch'] } }, true);
    await bench.work();
    now = new Date('2026-11-21T11:00:00Z');
    await runNow(bench.deps, id, actor);
    await bench.work();
    const { items, total_count } = await listRuns(bench.deps, id, { limit: 10, offset: 0 });
    expect([total_count, ...items.map((run) => [run.cause, run.state, run.actor])]).toEqual([
      2,
      ['manual', 'completed', 'tester'],
      ['create', 'completed', 'tester'],
    ]);
    expect(items[0]).toMatchObject({ started_at: now, finished_at: now, sync_state: { current_step_percentage: 100 } });
    expect(await info(id)).toMatchObject({ state: 'completed', last_run_at: now });
  });
});

describe('schedules', () => {
  test('begin a run when it is time, once, and say when the next is', async () => {
    const id = await create({ cron: '0 * * * *', time_zone: 'Europe/Berlin' });
    expect(await scheduleMirrors(bench.deps)).toBe(0);
    now = new Date('2026-11-21T14:30:00Z');
    expect(
      await Promise.all([scheduleMirrors(bench.deps), scheduleMirrors(bench.deps)]).then((begun) => begun.sort()),
    ).toEqual([0, 1]);
    expect((await info(id)).next_run_at).toEqual(new Date('2026-11-21T15:00:00Z'));
    expect(await bench.lastRun(id)).toMatchObject({ cause: 'schedule', actor: null, state: 'pending' });
    now = new Date('2026-11-21T15:00:00Z');
    expect(await scheduleMirrors(bench.deps)).toBe(0);
    expect((await info(id)).next_run_at).toEqual(new Date('2026-11-21T16:00:00Z'));
    await bench.work();
    now = new Date('2026-11-21T16:00:01Z');
    expect(await scheduleMirrors(bench.deps)).toBe(1);
  });
});
