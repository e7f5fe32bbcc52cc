import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CliAndApp, startCli } from '../testing/start-cli.ts';

const password = 'correct horse battery';
let it: CliAndApp;
beforeAll(async () => {
  it = await startCli();
});
afterAll(() => it.close());

const signIns = () => JSON.parse(readFileSync(join(it.folder, 'settings/sluice/sign-ins.json'), 'utf8'));
const login = (stdin = `${password}\n`) =>
  it.cli(['login', '--username', 'admin', '--password-stdin', '--json'], { stdin });

describe('signing in', () => {
  test('before it, you are nobody, and told how to sign in', async () => {
    const { status, stderr } = await it.cli(['whoami']);
    expect([status, stderr]).toEqual([1, expect.stringContaining(`npx sluice login --url ${it.app.url}`)]);
  });

  test('a wrong password is refused and nothing is kept', async () => {
    const { status, json } = await login('wrong\n');
    expect([status, json.error.code]).toEqual([1, 'login_refused']);
    expect(signIns).toThrow(/ENOENT/);
  });

  test('it keeps a token of 30 days for this machine, and shows no secret', async () => {
    const { status, json, stdout, stderr } = await login();
    expect(status).toBe(0);
    const stored = signIns().sites[it.app.url];
    expect(json).toMatchObject({ account: 'admin', token_name: `repo-cli-token-${hostname()}` });
    const days = (Date.parse(json.token_expires_at) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(30);
    for (const secret of [stored.token, stored.session, password]) {
      expect(secret).toBeTruthy();
      expect(stdout + stderr).not.toContain(secret);
    }
  });

  test('then you are somebody, by that token', async () => {
    const { json } = await it.cli(['whoami', '--json']);
    expect(json).toMatchObject({ name: 'admin', signed_in_by: 'sign-in', token: { type: 'scope' } });
    expect((await it.cli(['whoami'])).stdout).toContain('admin');
    const { SLUICE_URL: _, ...rest } = it.env;
    const { json: again } = await it.cli(['whoami', '--json'], { env: { ...rest, SLUICE_URL: '' } });
    expect(again.url).toBe(it.app.url);
  });

  test('signing in again gives the same token another value', async () => {
    const before = signIns().sites[it.app.url];
    await login();
    const after = signIns().sites[it.app.url];
    expect(after.token_id).toBe(before.token_id);
    expect(after.token).not.toBe(before.token);
    const { status, json } = await it.cli(['whoami', '--json'], { env: { SLUICE_TOKEN: before.token } });
    expect([status, json.error.code]).toEqual([1, 'unauthenticated']);
  });

  test('a token that carries too little is made anew', async () => {
    const name = `repo-cli-token-${hostname()}`;
    const token = await it.app.adminToken();
    const { token_id } = signIns().sites[it.app.url];
    await it.app.request('DELETE', `/api/account/tokens/${token_id}`, { token });
    const body = { name, expires_at: it.app.inDays(30), scopes: ['channel:view'] };
    await it.app.request('POST', '/api/account/tokens', { token, body });
    await login();
    const { json } = await it.cli(['token', 'list', '--json']);
    const mine = json.items.filter((one: { name: string }) => one.name === name);
    const { json: all } = await it.cli(['token', 'scopes', '--json']);
    expect(mine.map((one: { scopes: string[] }) => one.scopes)).toEqual([all.scopes]);
  });
});

describe('tokens', () => {
  test('create, list, revoke', async () => {
    await it.cli(['channel', 'create', 'team', '--json']);
    const made = await it.cli(['token', 'create', 'ci', '--resource', 'team:read', '--days', '3', '--json']);
    expect(made).toMatchObject({
      status: 0,
      json: { name: 'ci', resources: [{ channel: 'team', permission: 'read' }] },
    });
    const shown = await it.cli(['token', 'create', 'all', '--all-scopes']);
    expect(shown.stdout).toMatch(/token\s+slc-/);

    const { json, stdout } = await it.cli(['token', 'list', '--json']);
    expect(json.items.map((one: { name: string }) => one.name)).toEqual(expect.arrayContaining(['ci', 'all']));
    expect(stdout).not.toContain(made.json.token);

    const revoked = await it.cli(['token', 'revoke', 'all', made.json.id, '--json']);
    expect(revoked.json.revoked.map((one: { name: string }) => one.name)).toEqual(['all', 'ci']);
    const { json: then } = await it.cli(['whoami', '--json'], { env: { SLUICE_TOKEN: made.json.token } });
    expect(then.error.code).toBe('unauthenticated');
  });

  test('a name that fits none or several is not guessed, and nothing is revoked', async () => {
    const missing = await it.cli(['token', 'revoke', 'nobody', '--json']);
    expect([missing.status, missing.json.error.code]).toEqual([1, 'token_missing']);
    for (let n = 0; n < 2; n += 1) await it.cli(['token', 'create', 'twin', '--scopes', 'channel:view', '--json']);
    const twins = await it.cli(['token', 'revoke', 'twin', '--json']);
    expect([twins.status, twins.json.error.code]).toEqual([1, 'token_ambiguous']);
    const { json } = await it.cli(['token', 'list', '--json', '--limit', '1']);
    expect(json).toMatchObject({ items: [{ name: 'twin' }], total_count: 3 });
  });

  test('a token cannot look after tokens, and the server says so', async () => {
    const { token } = signIns().sites[it.app.url];
    const { status, json } = await it.cli(['token', 'list', '--json'], { env: { SLUICE_TOKEN: token } });
    expect([status, json.error.code]).toEqual([1, 'forbidden']);
  });
});

describe('signing out', () => {
  test('revokes the token and forgets it', async () => {
    const { token } = signIns().sites[it.app.url];
    const out = await it.cli(['logout', '--json']);
    expect(out).toMatchObject({ status: 0, json: { account: 'admin', revoked: true } });
    expect(signIns()).toEqual({ sites: {} });
    const { json } = await it.cli(['whoami', '--json'], { env: { SLUICE_TOKEN: token } });
    expect(json.error.code).toBe('unauthenticated');
  });

  test('where nobody is signed in, it says so', async () => {
    expect((await it.cli(['logout', '--json'])).json).toMatchObject({ account: null });
  });

  test('with a session that has ended it says that the token stays good', async () => {
    await login();
    await it.app.request('POST', '/api/logout', { token: signIns().sites[it.app.url].session });
    const { status, stdout } = await it.cli(['logout']);
    expect([status, stdout]).toEqual([0, expect.stringMatching(/it stays\s+good until/)]);
  });
});

test('a server that is not there is named', async () => {
  const { status, json } = await it.cli(['channel', 'list', '--json', '--url', 'http://127.0.0.1:9']);
  expect([status, json.error.code]).toEqual([1, 'unreachable']);
  expect(json.error.detail).toContain('http://127.0.0.1:9');
});
