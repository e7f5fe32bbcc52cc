import { buildCondaPackage } from '@sluice/testkit';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, expect, it } from 'vitest';

let theirs: TestApp;
let ours: TestApp;
let admins: { theirs: string; ours: string };
let token: string;

beforeAll(async () => {
  theirs = await startTestApp();
  ours = await startTestApp({ env: { SLUICE_SOURCES: 'any' } });
  admins = { theirs: await theirs.adminToken(), ours: await ours.adminToken() };
  await theirs.request('POST', '/api/channels', { token: admins.theirs, body: { name: 'team', privacy: 'private' } });
  await ours.request('POST', '/api/channels', { token: admins.ours, body: { name: 'c', privacy: 'public' } });
  const { fileName, bytes } = await buildCondaPackage({ name: 'demo' });
  const form = new FormData();
  form.set('filetype', 'conda1');
  form.set('content', new Blob([Uint8Array.from(bytes)]), fileName);
  const uploaded = await theirs.request('POST', '/api/channels/team/artifacts', { token: admins.theirs, body: form });
  expect(uploaded.status).toBeLessThan(300);
  const expires_at = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
  const wish = {
    name: 'for the mirror',
    expires_at,
    resources: [{ channel: 'team', permission: 'read' }],
  };
  const made = await theirs.request('POST', '/api/account/tokens', { token: admins.theirs, body: wish });
  expect([made.status, made.json.detail]).toEqual([expect.any(Number), undefined]);
  token = made.json.token;
  await theirs.jobsDone();
});
afterAll(async () => {
  await ours.close();
  await theirs.close();
});

/** What a mirror of the other house's private channel brought in, and why not if nothing. */
async function mirrored(name: string, path: string, credentials?: object) {
  const source_root = `${theirs.url}${path}`;
  const body = {
    mirror_name: name,
    source_root,
    mirror_mode: 'active',
    run_now: true,
    ...(credentials && { credentials }),
  };
  const { json } = await ours.request('POST', '/api/channels/c/mirrors', { token: admins.ours, body });
  await ours.jobsDone();
  const shown = await ours.request('GET', `/api/channels/c/mirrors/${json.id}`, { token: admins.ours });
  await ours.request('DELETE', `/api/channels/c/mirrors/${json.id}?packages=remove`, { token: admins.ours });
  await ours.jobsDone();
  const { state, sync_state } = shown.json;
  expect(shown.text + ours.log.join()).not.toContain(token);
  return { state, active: sync_state.count.active, why: sync_state.last_exception };
}

it('mirrors a private channel of another Sluice, however it is asked', async () => {
  const whole = { state: 'completed', active: 1, why: null };
  expect(await mirrored('bearer', '/api/repo/team', { token })).toEqual(whole);
  expect(await mirrored('basic', '/api/repo/team/', { username: 'token', password: token })).toEqual(whole);
  expect(await mirrored('path', `/api/repo/t/${token}/team`)).toEqual(whole);
  expect(await mirrored('front', `/t/${token}/api/repo/team`)).toEqual(whole);
});

it('says what is missing where nothing, or the wrong thing, is shown', async () => {
  for (const credentials of [undefined, { token: 'wrong' }]) {
    const { state, why } = await mirrored('stranger', '/api/repo/team', credentials);
    expect([state, why]).toEqual(['failed', expect.stringMatching(/denies|credentials/)]);
  }
});
