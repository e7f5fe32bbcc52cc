import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readSignIns, type SignIn, signInsFile, writeSignIns } from './sign-ins.ts';
import { findSite } from './site.ts';
import { memoryIo } from './testing/memory-io.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sluice-cli-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const signIn: SignIn = {
  account: 'ada',
  token: 'slc-secret',
  token_id: '1',
  token_name: 'repo-cli-token-desk',
  token_expires_at: '2026-12-21T10:00:00Z',
};

test.each([
  [{}, '.config/sluice/sign-ins.json'],
  [{ XDG_CONFIG_HOME: '/settings' }, '/settings/sluice/sign-ins.json'],
])('the file is in the folder of settings: %j', (env, file) => {
  expect(signInsFile({ env, home: '/home/ada' })).toBe(join(file.startsWith('/') ? '' : '/home/ada', file));
});

test('what is written is read again, and only its owner can read it', async () => {
  const io = memoryIo({ home });
  expect(await readSignIns(io)).toEqual({ sites: {} });
  await writeSignIns(io, { default_site: 'http://a', sites: { 'http://a': signIn } });
  await writeSignIns(io, { default_site: 'http://b', sites: { 'http://a': signIn, 'http://b': signIn } });
  expect(await readSignIns(io)).toEqual({
    default_site: 'http://b',
    sites: { 'http://a': signIn, 'http://b': signIn },
  });
  const file = signInsFile(io);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
  expect(readdirSync(dirname(file))).toEqual(['sign-ins.json']);
});

test.each(['{"sites":', '[]', '{"sites":{"http://a":{}}}', '{"default_site":1,"sites":{}}'])(
  'a broken file is named, not lost: %s',
  async (text) => {
    const io = memoryIo({ home });
    mkdirSync(dirname(signInsFile(io)), { recursive: true });
    writeFileSync(signInsFile(io), text);
    await expect(readSignIns(io)).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining(signInsFile(io)),
    });
  },
);

test.each<[string, Record<string, string>, string | undefined, object]>([
  ['nothing said: this machine', {}, undefined, { url: 'http://127.0.0.1:8080', signedInBy: 'nothing' }],
  ['SLUICE_URL', { SLUICE_URL: 'https://x/' }, undefined, { url: 'https://x', chosenBy: 'SLUICE_URL' }],
  ['--url first', { SLUICE_URL: 'https://x' }, 'https://y:8443/api', { url: 'https://y:8443', chosenBy: '--url' }],
  ['below a path', { SLUICE_URL: 'https://x/sluice/' }, undefined, { url: 'https://x/sluice' }],
  ['SLUICE_TOKEN', { SLUICE_TOKEN: 'slc-t\n' }, undefined, { token: 'slc-t', signedInBy: 'SLUICE_TOKEN' }],
])('which server: %s', async (_, env, option, expected) => {
  expect(await findSite(memoryIo({ home, env }), { url: option })).toMatchObject(expected);
});

test('the last sign-in chooses the server; each server has its own', async () => {
  const at = (env: Record<string, string>, url?: string) => findSite(memoryIo({ home, env }), { url });
  await writeSignIns(memoryIo({ home }), { default_site: 'http://a', sites: { 'http://a': signIn } });
  expect(await at({})).toMatchObject({
    url: 'http://a',
    chosenBy: 'sign-in',
    token: 'slc-secret',
    signedInBy: 'sign-in',
  });
  expect(await at({}, 'http://b')).toMatchObject({ url: 'http://b', token: undefined, signedInBy: 'nothing' });
  expect(await at({ SLUICE_TOKEN: 'slc-other' })).toMatchObject({ url: 'http://a', token: 'slc-other', signIn });
});

test.each(['nonsense', 'ftp://x', 'http://me:secret@x'])('%s is no server', async (url) => {
  const refused = findSite(memoryIo({ home, env: { SLUICE_URL: url } }));
  await expect(refused).rejects.toMatchObject({ code: 'usage', found: expect.not.stringContaining('secret') });
});
