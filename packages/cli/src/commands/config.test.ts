import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliAndApp, startCli } from '../testing/start-cli.ts';

let it: CliAndApp;
beforeAll(async () => {
  it = await startCli({ signedIn: true });
});
afterAll(() => it.close());

const config = (...argv: string[]) => it.here(['config', ...argv, '--json'], { env: { SLUICE_URL: '' } });
const whoami = (...argv: string[]) => it.here(['whoami', ...argv, '--json'], { env: { SLUICE_URL: '' } });

test('sites are set as with the older tool, and chosen by name', async () => {
  expect((await config('set', 'default_site', 'master')).json.error.code).toBe('usage');
  expect((await config('set', 'sites.master.url', `${it.app.url}/api`)).json.value).toBe(it.app.url);
  await config('set', 'sites.other.url', 'http://127.0.0.1:1/');
  await config('set', 'default_site', 'master');
  await config('set', 'ssl_verify', 'true');
  await config('set', 'sites.master.ssl_verify', '/etc/ssl/certs/ca-certificates.crt');
  expect((await config('show')).json).toMatchObject({
    default_site: 'master',
    ssl_verify: true,
    sites: { master: { url: it.app.url, ssl_verify: '/etc/ssl/certs/ca-certificates.crt' } },
  });
  expect((await whoami()).status).toBe(0);
  expect((await whoami('--site', 'other')).json.error.code).toBe('unreachable');
  expect((await whoami('--site', 'nowhere')).status).toBe(2);
  expect(
    (await it.here(['whoami', '--site', 'master', '--json'], { env: { SLUICE_URL: 'http://127.0.0.1:1' } })).status,
  ).toBe(0);
  expect((await config('get', 'default_site')).json.value).toBe('master');
  expect((await config('unset', 'sites.master.url')).status).toBe(2);
  await config('unset', 'default_site');
  expect((await config('unset', 'sites.master.ssl_verify')).json.removed).toBe(true);
  expect((await config('get', 'sites.master.ssl_verify')).json.error.code).toBe('setting_missing');
});

test.each([
  ['colour', 'blue'],
  ['sites.a.user', 'me'],
  ['ssl_verify', 'perhaps'],
  ['sites.a.url', 'ftp://x'],
])('refused: %s %s', async (key, value) => {
  expect((await config('set', key, value)).status).toBe(2);
});

test('a channel is shared with everyone, and no more', async () => {
  const channels = (...argv: string[]) => it.here(['channels', ...argv, '--json']);
  await channels('create', 'shared');
  const reader = await it.app.signIn('reader');
  const reads = async () =>
    (await it.app.request('GET', '/api/repo/shared/noarch/repodata.json', { token: reader })).status;
  expect(await reads()).toBe(404);
  expect((await channels('share', '--group', 'everyone', '--level', 'r', 'shared')).json).toEqual({
    channel: 'shared',
    privacy: 'authenticated',
    changed: true,
  });
  expect(await reads()).toBe(200);
  expect((await it.app.request('DELETE', '/api/channels/shared', { token: reader })).status).toBe(403);
  await channels('share', '--group', 'everyone', '--remove', 'shared');
  expect(await reads()).toBe(404);
  for (const argv of [
    ['--group', 'everyone'],
    ['--group', 'team'],
    ['--user', 'me', '--level', 'r'],
  ]) {
    const { status, json } = await channels('share', ...argv, 'shared');
    expect([status, json.error.code]).toEqual([1, 'not_yet']);
  }
  expect((await channels('share', 'shared')).status).toBe(2);
  expect((await channels('list')).status).toBe(0);
  expect((await it.here(['packages', 'list-files', 'shared', 'x', '--json'])).json.error.status).toBe(404);
});

test('sharing a public channel does not close it', async () => {
  await it.here(['channel', 'create', 'open', '--privacy', 'public']);
  const { json } = await it.here(['channel', 'share', '--group', 'everyone', '--level', 'r', 'open', '--json']);
  expect(json).toEqual({ channel: 'open', privacy: 'public', changed: false });
});
