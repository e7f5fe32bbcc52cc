import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type CliAndApp, startCli } from '../testing/start-cli.ts';

let it: CliAndApp;
let file: string;
beforeAll(async () => {
  it = await startCli({ signedIn: true });
  await it.here(['channel', 'create', 'anaconda', '--privacy', 'public']);
  await it.here(['channel', 'create', 'r', '--privacy', 'authenticated']);
});
beforeEach(() => {
  file = join(it.folder, '.condarc');
  for (const one of [file, `${file}.backup`]) rmSync(one, { force: true });
});
afterAll(() => it.close());

const before = '# mine\r\nssl_verify: /etc/ca.pem   # the house\nchannels: [conda-forge]\n\n\n';

test('the defaults become our channels; what else stands there stays; the backup comes back byte for byte', async () => {
  writeFileSync(file, before, { mode: 0o640 });
  const shown = await it.here(['condarc', 'show', 'anaconda', 'r', '--json']);
  expect(readFileSync(file, 'utf8')).toBe(before);
  const { status, stderr } = await it.here(['condarc', 'write', 'anaconda', 'r']);
  expect(status).toBe(0);
  expect(stderr).toContain('--resource r:read');
  const text = readFileSync(file, 'utf8');
  expect(text).toBe(shown.json.text);
  expect(text).toContain('# the house');
  expect(parse(text)).toEqual({
    ssl_verify: '/etc/ca.pem',
    channels: ['defaults'],
    channel_alias: `${it.app.url}/api/repo`,
    default_channels: ['anaconda', 'r'],
  });
  expect(statSync(file).mode & 0o777).toBe(0o640);
  await it.here(['condarc', 'write', 'anaconda', '--add', 'r', '--token', 'tk']);
  expect(parse(readFileSync(file, 'utf8'))).toMatchObject({
    channels: ['defaults', 'r'],
    channel_alias: `${it.app.url}/api/repo/t/tk`,
    default_channels: ['anaconda'],
  });
  expect((await it.here(['condarc', 'restore', '--json'])).json).toEqual({ file, exists: true });
  expect(readFileSync(file, 'utf8')).toBe(before);
  expect((await it.here(['condarc', 'restore', '--json'])).json.error.code).toBe('backup_missing');
});

test('where there was none, there is none again', async () => {
  await it.here(['condarc', 'write', 'anaconda']);
  expect(existsSync(file)).toBe(true);
  expect((await it.here(['condarc', 'restore', '--json'])).json.exists).toBe(false);
  expect([existsSync(file), existsSync(`${file}.backup`)]).toEqual([false, false]);
});

test('what is wrong is said, and nothing is written', async () => {
  writeFileSync(file, 'channels: [\n');
  expect((await it.here(['condarc', 'write', 'anaconda', '--json'])).json.error.code).toBe('config_invalid');
  expect((await it.here(['condarc', 'write', 'nowhere', '--json'])).json.error.status).toBe(404);
  expect((await it.here(['condarc', 'write', 'anaconda', '--env', '--json'])).status).toBe(2);
  expect(readFileSync(file, 'utf8')).toBe('channels: [\n');
  expect(existsSync(`${file}.backup`)).toBe(false);
});
