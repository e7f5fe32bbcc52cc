import { readFileSync } from 'node:fs';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, expect, it } from 'vitest';

let app: TestApp;
let admin: string;
const mirrors = '/api/channels/c/mirrors';
const ca = readFileSync(new URL('../../../../../mirror/src/fetch/testdata/localhost.pem', import.meta.url), 'utf8');

beforeAll(async () => {
  app = await startTestApp();
  admin = await app.adminToken();
  await app.request('POST', '/api/channels', { token: admin, body: { name: 'c' } });
});
afterAll(() => app.close());

const call = (method: string, path: string, body?: object) =>
  app.request(method, path, body ? { token: admin, body } : { token: admin });

const everything = {
  mirror_name: 'everything',
  source_root: 'http://10.1.2.3/get/main',
  mirror_mode: 'active',
  mirror_type: 'conda',
  cron: 'weekly',
  time_zone: 'Europe/Berlin',
  proxy: 'http://10.1.2.4:3128',
  keep_legacy: true,
  limits: { concurrency: 3, bytes_per_second: 500_000 },
  keep_removed: true,
  grace_days: 90,
  filters: {
    subdirs: ['linux-64', 'noarch'],
    include_licenses: ['mit'],
    exclude_licenses: ['agpl'],
    exclude_specs: ['p*'],
    include_specs: ['python >=3.9'],
    date_from: '2020-01-01',
    date_to: '2026-01-01',
    cve_score_threshold: 7.5,
    exclude_non_curated_cve: true,
    only_signed: true,
  },
};

it('has every field it was given, and never what opens the source', async () => {
  const secrets = { credentials: { token: 's3cret-token' }, ca };
  const made = await call('POST', mirrors, { ...everything, ...secrets });
  expect(made.status).toBe(201);
  const { cron: _, ...same } = everything;
  const url = `${mirrors}/${made.json.id}`;
  const shown = (await call('GET', url)).json;
  expect(shown).toMatchObject({
    ...same,
    cron: '0 0 * * 0',
    frequency: 'weekly',
    authentication: 'bearer',
    ca_certificates: [{ subject: expect.stringContaining('CN=') }],
  });
  expect(JSON.stringify(shown)).not.toContain('s3cret');

  // A client that sends back all it was shown changes nothing.
  expect((await call('PUT', url, shown)).status).toBe(202);
  const { updated_at: before, ...then } = shown;
  const { updated_at: after, ...now } = (await call('GET', url)).json;
  expect([after, now]).toEqual([before, then]);

  const edits: [body: object, shows: object][] = [
    [{ limits: { concurrency: null } }, { limits: { bytes_per_second: 500_000 }, authentication: 'bearer' }],
    [{ keep_removed: false }, { keep_removed: false, grace_days: null }],
    [{ filters: { only_signed: false } }, { filters: { cve_score_threshold: 7.5 }, ca_certificates: [{}] }],
    [
      { credentials: { username: 'me', password: 'hush' } },
      { authentication: 'basic', source_root: 'http://***@10.1.2.3/get/main' },
    ],
    [
      { credentials: null, ca: null },
      { authentication: null, ca_certificates: [], source_root: 'http://10.1.2.3/get/main' },
    ],
    [
      { source_root: 'http://10.1.2.3/t/hush/main' },
      { authentication: 'path_token', source_root: 'http://10.1.2.3/t/***/main' },
    ],
  ];
  for (const [body, shows] of edits) {
    const edited = await call('PUT', url, body);
    expect([edited.status, edited.json], JSON.stringify(body)).toMatchObject([202, shows]);
    expect(edited.json.filters).toMatchObject({ date_from: '2020-01-01' });
  }
  expect((await call('GET', url)).json.filters).not.toHaveProperty('only_signed');
  const audit = JSON.stringify((await call('GET', '/api/channels/c/history')).json);
  expect(audit).not.toMatch(/s3cret|hush/);
  expect((await call('DELETE', url)).status).toBe(204);
});

it('takes what the vendor’s client sends, every key of it, and answers under the keys it reads', async () => {
  const filters = {
    subdirs: ['linux-64', 'noarch'],
    projects: [],
    include_licenses: [],
    exclude_licenses: ['gpl3', 'public_domain', 'none'],
    only_specs: [],
    exclude_specs: ['numpy <1.20'],
    include_specs: [],
    date_from: null,
    date_to: null,
    cve_score_threshold: null,
    exclude_non_curated_cve: false,
    only_signed: null,
  };
  const body = {
    mirror_name: 'main',
    source_root: 'https://10.1.2.3/api/repo/main/',
    mirror_mode: 'passive',
    cron: '0 0 * * *',
    mirror_type: 'conda',
    filters,
    run_now: false,
    proxy: null,
  };
  const made = await call('POST', mirrors, body);
  expect(made.status).toBe(201);
  const set = {
    subdirs: filters.subdirs,
    exclude_licenses: filters.exclude_licenses,
    exclude_specs: filters.exclude_specs,
  };
  const updated = await call('PUT', `${mirrors}/${made.json.id}`, {
    ...body,
    filters: { ...filters, date_from: '2024-01-01' },
  });
  expect([updated.status, updated.json.filters]).toEqual([202, { ...set, date_from: '2024-01-01' }]);
  const [item] = (await call('GET', mirrors)).json.items;
  expect(item).toMatchObject({
    mirror_id: made.json.id,
    mirror_name: 'main',
    mirror_type: 'conda',
    mirror_mode: 'passive',
    mirror_state: null,
    source_root: 'https://10.1.2.3/api/repo/main',
    proxy: null,
    cron: '0 0 * * *',
    last_run_at: null,
    created_at: expect.any(String),
    updated_at: expect.any(String),
  });
  const [global] = (await call('GET', '/api/mirrors?limit=100&offset=0&sort=mirror_name')).json.items;
  expect(global).toMatchObject({ id: made.json.id, name: 'main', type: 'conda', mode: 'passive', state: null });
  expect(Object.keys(global.sync_state.count.mirror_filtered)).toEqual(
    expect.arrayContaining([
      'cve',
      'date',
      'license',
      'only_specs',
      'exclude_specs',
      'duplicated_legacy_conda',
      'signature',
    ]),
  );
  expect((await call('DELETE', `${mirrors}/${made.json.id}`)).status).toBe(204);
});

it('warns who makes another mirror in a channel', async () => {
  const [first, second] = [
    await call('POST', mirrors, { mirror_name: 'one', source_root: 'http://10.1.2.3/a' }),
    await call('POST', mirrors, { mirror_name: 'two', source_root: 'http://10.1.2.3/b' }),
  ];
  expect(first.json.warnings).toEqual([]);
  expect([second.status, second.json.warnings]).toEqual([
    201,
    [{ code: 'several_mirrors', message: expect.stringContaining('2 mirrors') }],
  ]);
  for (const { json } of [first, second]) await call('DELETE', `${mirrors}/${json.id}`);
});

it('lists all mirrors in any order, by what they are', async () => {
  await call('POST', '/api/channels/c/subchannels', { name: 'dev' });
  const make = async (path: string, body: object) => (await call('POST', `${path}/mirrors`, body)).json.id;
  await make('/api/channels/c', { mirror_name: 'forge', source_root: 'http://10.1.2.3/forge', cron: 'daily' });
  await make('/api/channels/c', { mirror_name: 'cran', source_root: 'http://10.1.2.3/r', mirror_type: 'CRAN' });
  await make('/api/channels/c/subchannels/dev', {
    mirror_name: 'alpha',
    source_root: 'http://10.9.9.9/x',
    cron: 'hourly',
  });
  const names = async (query: string) => {
    const { status, json } = await call('GET', `/api/mirrors?${query}`);
    return status === 200 ? json.items.map(({ name }: { name: string }) => name) : status;
  };
  const expected: [query: string, answer: string[] | number][] = [
    ['', ['alpha', 'cran', 'forge']],
    ['sort=-name', ['forge', 'cran', 'alpha']],
    ['sort=channel', ['cran', 'forge', 'alpha']],
    ['sort=type', ['cran', 'alpha', 'forge']],
    ['sort=source_root', ['forge', 'cran', 'alpha']],
    ['sort=next_run_at', ['alpha', 'forge', 'cran']],
    ['sort=-last_run_at', ['alpha', 'cran', 'forge']],
    ['sort=state&limit=1&offset=1', ['cran']],
    ['sort=colour', 400],
    ['type=CRAN', ['cran']],
    ['mode=active', []],
    ['state=never', ['alpha', 'cran', 'forge']],
    ['state=failed', []],
    ['state=asleep', 400],
    ['channel=c', ['alpha', 'cran', 'forge']],
    ['channel=c/dev', ['alpha']],
    ['q=FORGE', ['forge']],
    ['q=10.9', ['alpha']],
    ['q=c/dev', ['alpha']],
    ['q=%25', []],
  ];
  for (const [query, answer] of expected) expect(await names(query), query).toEqual(answer);
  expect((await call('GET', '/api/mirrors?limit=1')).json.total_count).toBe(3);
  expect((await call('GET', `${mirrors}?sort=-mirror_name`)).json.items[0]).toMatchObject({
    mirror_id: expect.any(String),
    mirror_name: 'forge',
    mirror_type: 'conda',
    mirror_mode: 'passive',
    mirror_state: null,
    channel: { name: 'c' },
  });
  expect((await call('GET', '/api/mirrors?q=alpha')).json.items[0]).toMatchObject({
    channel: { name: 'c', privacy: 'private' },
    subchannel: { name: 'dev' },
  });
});

it('passes over the body of a GET, in which the vendor’s client says its page', async () => {
  const answer = await fetch(`${app.url}/api/mirrors?limit=2`, { headers: { authorization: `Bearer ${admin}` } });
  const { request } = await import('node:http');
  const withBody = await new Promise<number | undefined>((resolve, reject) => {
    const body = JSON.stringify({ limit: 100, offset: 0, sort: 'mirror_name' });
    const headers = {
      authorization: `Bearer ${admin}`,
      'content-type': 'application/json',
      'content-length': body.length,
    };
    request(`${app.url}/api/mirrors`, { headers }, (got) => {
      got.resume();
      resolve(got.statusCode);
    })
      .on('error', reject)
      .end(body);
  });
  expect([answer.status, withBody]).toEqual([200, 200]);
});
