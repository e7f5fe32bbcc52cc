import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildCondaPackage } from '@sluice/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseSize } from '../bundle-flags.ts';
import { type CliAndApp, startCli } from '../testing/start-cli.ts';

let it: CliAndApp;
beforeAll(async () => {
  it = await startCli({ signedIn: true });
  await it.here(['channel', 'create', 'main', '--privacy', 'public']);
  const { fileName, bytes } = await buildCondaPackage({ name: 'own', subdir: 'linux-64' });
  writeFileSync(join(it.folder, fileName), bytes);
  expect((await it.here(['upload', '--channel', 'main', join(it.folder, fileName)])).status).toBe(0);
  await it.app.jobsDone();
});
afterAll(() => it.close());

test('a bundle is made and its parts are fetched; fetched again, only what is missing comes', async () => {
  const output = join(it.folder, 'stick');
  const made = await it.cli(['bundle', 'create', '-c', 'main', '--output', output, '--json']);
  expect(made.status, made.stderr).toBe(0);
  expect(made.json).toMatchObject({ state: 'completed', series: 'main', serial: 1, report: { blobs: 1 } });
  const [file] = made.json.files;
  const whole = readFileSync(file);
  const names = readdirSync(output);
  expect(names).toEqual(['main-1.part0001.sluice']);

  const before = statSync(file).mtimeMs;
  const again = await it.here(['bundle', 'fetch', made.json.id, '--output', output, '--json']);
  expect(again.json.files).toEqual([file]);
  expect(statSync(file).mtimeMs).toBe(before);

  // As a download that broke off leaves it: what is there is kept, and what follows is fetched.
  const elsewhere = join(it.folder, 'broken');
  await it.here(['bundle', 'fetch', made.json.id, '--output', elsewhere]);
  const partial = join(elsewhere, `${names[0]}.partial`);
  writeFileSync(partial, whole);
  truncateSync(partial, 1500);
  truncateSync(join(elsewhere, names[0]!), 0);
  expect((await it.here(['bundle', 'fetch', made.json.id, '--output', elsewhere])).status).toBe(0);
  expect(readFileSync(join(elsewhere, names[0]!))).toEqual(whole);

  // Whatever stood there before, what gets the name is what the bundle says.
  writeFileSync(partial, Buffer.alloc(1500, 7));
  truncateSync(join(elsewhere, names[0]!), 0);
  const spoilt = await it.here(['bundle', 'fetch', made.json.id, '--output', elsewhere, '--json']);
  expect(spoilt.status).toBe(1);
  expect(spoilt.json.error.code).toBe('part_changed');
  expect((await it.here(['bundle', 'fetch', made.json.id, '--output', elsewhere])).status).toBe(0);
});

test('a delta of nothing says so', async () => {
  const { status, stdout } = await it.cli(['bundle', 'create', '-c', 'main', '--since', 'last', '--output', it.folder]);
  expect(status).toBe(0);
  expect(stdout).toMatch(/builds on +1[\s\S]*says +that nothing has changed/);
});

test('the key is shown, and what is made by the clock', async () => {
  expect((await it.cli(['bundle', 'key', '--json'])).json).toMatchObject({
    issuer: expect.stringMatching(/^[0-9a-f]{16}$/),
    fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  const schedule = ['bundle', 'schedule'];
  const made = await it.cli([
    ...schedule,
    'create',
    'monthly',
    '-c',
    'main',
    '--since',
    'last',
    '--keep',
    '3',
    '--json',
  ]);
  expect(made.json).toMatchObject({ cron: '0 0 1 * *', definition: { channels: ['main'], since: 'last', keep: 3 } });
  expect((await it.cli([...schedule, 'list'])).stdout).toContain('monthly');
  expect((await it.cli([...schedule, 'create', 'monthly', '-c', 'main', '--json'])).json.error.code).toBe(
    'bundle_schedule_taken',
  );
  expect((await it.cli([...schedule, 'create', 'x', '-c', 'main', '--cron', 'now', '--json'])).json.error.code).toBe(
    'bundle_invalid',
  );
  expect((await it.cli([...schedule, 'delete', 'monthly'])).status).toBe(0);
  expect((await it.cli([...schedule, 'list', '--json'])).json).toEqual([]);
});

test.each([
  ['4G', 4_000_000_000],
  ['4GiB', 4_294_967_296],
  ['650M', 650_000_000],
  ['1.5k', 1500],
  ['70000', 70_000],
])('a part of %s has %i bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});
