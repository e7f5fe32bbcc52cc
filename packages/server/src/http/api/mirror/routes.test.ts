import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCondaPackages } from '@sluice/testkit';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let app: TestApp;
let admin: string;
let folder: string;
const mirrors = '/api/channels/c/mirrors';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-upstream-'));
  writeCondaPackages(folder);
  app = await startTestApp({ env: { SLUICE_SOURCES: `file://${folder}` } });
  admin = await app.adminToken();
  for (const name of ['c', 'other']) await app.request('POST', '/api/channels', { token: admin, body: { name } });
});
afterAll(async () => {
  await app.close();
  rmSync(folder, { recursive: true });
});

const call = (method: string, path: string, body?: object, token = admin) =>
  app.request(method, path, body ? { token, body } : { token });
const definition = (name: string) => ({ mirror_name: name, source_root: folder, filters: { subdirs: ['linux-64'] } });

describe('a mirror over REST', () => {
  it('is made, shown under both sets of names, run, listed and deleted', async () => {
    const made = await call('POST', mirrors, { ...definition('life'), run_now: true });
    expect(made.status).toBe(201);
    const { id } = made.json;
    await app.jobsDone();
    const shown = await call('GET', `${mirrors}/${id}`);
    expect(shown.json).toMatchObject({
      id,
      mirror_id: id,
      name: 'life',
      mirror_name: 'life',
      mode: 'passive',
      mirror_mode: 'passive',
      state: 'completed',
      mirror_state: 'completed',
      cron: '0 0 1 * *',
      channel: { name: 'c', privacy: 'private' },
    });
    const { count } = shown.json.sync_state;
    const filtered = [...Object.values(count.mirror_filtered), ...Object.values(count.channel_filtered)];
    const sum = (filtered as number[]).reduce((all, one) => all + one, count.active + count.passive + count.failed);
    expect(sum).toBe(count.total);
    expect((await call('POST', `${mirrors}/${id}/run`)).status).toBe(202);
    await app.jobsDone();
    expect((await call('GET', `${mirrors}/${id}/runs`)).json.total_count).toBe(2);
    expect((await call('GET', mirrors)).json.items).toHaveLength(1);
    expect((await call('GET', '/api/mirrors')).json.items[0].channel.name).toBe('c');
    expect((await call('DELETE', `${mirrors}/${id}?packages=remove`)).status).toBe(204);
    expect((await call('GET', `${mirrors}/${id}`)).status).toBe(404);
    await app.jobsDone();
  });

  it('is tried without being made', async () => {
    const tried = await call('POST', `${mirrors}/dry_run?limit=2`, definition('idea'));
    expect(tried.status).toBe(200);
    expect(tried.json.items).toHaveLength(2);
    expect(tried.json.total_count).toBe(tried.json.count.total);
    expect((await call('GET', mirrors)).json.total_count).toBe(0);
  });

  it.each<[string, object, string]>([
    ['both kinds of specs', { filters: { only_specs: ['a'], include_specs: ['b'] } }, 'body.filters'],
    ['a day that does not exist', { filters: { date_from: '2024-13-01' } }, 'body.filters.date_from'],
    ['an unknown licence', { filters: { exclude_licenses: ['gpl9'] } }, 'body.filters.exclude_licenses'],
    ['a score above ten', { filters: { cve_score_threshold: 10.1 } }, 'body.filters.cve_score_threshold'],
    ['signed as text', { filters: { only_signed: 'yes' } }, 'body.filters.only_signed'],
    ['uncurated as text', { filters: { exclude_non_curated_cve: 1 } }, 'body.filters.exclude_non_curated_cve'],
    ['a filter nobody knows', { filters: { onlyspecs: ['a'] } }, 'body.filters.onlyspecs'],
    ['specs that are no list', { filters: { only_specs: 'a' } }, 'body.filters.only_specs'],
    ['another mode', { mirror_mode: 'lazy' }, 'body.mirror_mode'],
    ['another type', { mirror_type: 'npm' }, 'body.mirror_type'],
    ['no name', { mirror_name: '' }, 'body.mirror_name'],
    ['a schedule that never fires', { cron: '0 0 30 2 *' }, 'body.cron'],
    ['no such zone', { time_zone: 'Mars' }, 'body.time_zone'],
    ['a proxy that is none', { proxy: 'socks5://p' }, 'body.proxy'],
    ['credentials of both kinds', { credentials: { username: 'a', token: 'b' } }, 'body.credentials'],
    ['a certificate that is none', { ca: 'nothing' }, 'body.ca'],
    ['no files at once', { limits: { concurrency: 0 } }, 'body.limits'],
    ['a limit nobody knows', { limits: { files: 1 } }, 'body.limits'],
    ['a grace of nothing', { grace_days: 3 }, 'body.grace_days'],
    ['a scheme nobody serves', { source_root: 'ftp://example.org/x' }, 'body.source_root'],
  ])('refuses %s, naming the field', async (_, wrong, path) => {
    const answer = await call('POST', mirrors, { ...definition('wrong'), ...wrong });
    expect(answer.status).toBe(400);
    expect(answer.json.issues.some((issue: { path: string }) => issue.path.startsWith(path))).toBe(true);
  });

  it('refuses another mode, a taken name, a second run, and a mirror of another channel', async () => {
    const { id } = (await call('POST', mirrors, definition('one'))).json;
    expect((await call('PUT', `${mirrors}/${id}`, { mirror_mode: 'active' })).json.code).toBe('mode_fixed');
    expect((await call('POST', mirrors, definition('one'))).status).toBe(409);
    expect((await call('POST', `${mirrors}/${id}/stop_mirror_sync`)).json.code).toBe('run_idle');
    expect((await call('GET', `/api/channels/other/mirrors/${id}`)).status).toBe(404);
    const edited = await call('PUT', `${mirrors}/${id}`, { filters: { exclude_specs: ['zlib'] } });
    expect([edited.status, edited.json.filters]).toEqual([202, { subdirs: ['linux-64'], exclude_specs: ['zlib'] }]);
    await call('DELETE', `${mirrors}/${id}`);
    await app.jobsDone();
  });

  it('shows all mirrors to who may manage them, and a private channel’s to nobody else', async () => {
    const stranger = await app.signIn('stranger');
    expect((await call('GET', '/api/mirrors', undefined, stranger)).status).toBe(403);
    expect((await call('GET', mirrors, undefined, stranger)).status).toBe(404);
    expect((await app.request('GET', mirrors)).status).toBe(401);
  });
});
