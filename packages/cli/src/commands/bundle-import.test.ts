import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readStateFile } from '@sluice/formats/bundle';
import { buildCondaPackage } from '@sluice/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliAndApp, startCli } from '../testing/start-cli.ts';

let it: CliAndApp;
let stick: string;
let parts: string[];
let key: string;
beforeAll(async () => {
  it = await startCli({ signedIn: true });
  await it.here(['channel', 'create', 'main', '--privacy', 'public']);
  for (const name of ['one', 'two', 'three']) {
    const files = { noise: randomBytes(50_000).toString('hex') };
    const { fileName, bytes } = await buildCondaPackage({ name, files });
    writeFileSync(join(it.folder, fileName), bytes);
    expect((await it.here(['upload', '--channel', 'main', join(it.folder, fileName)])).status).toBe(0);
  }
  await it.app.jobsDone();
  stick = join(it.folder, 'stick');
  await it.here(['bundle', 'create', '-c', 'main', '--part-size', '65537', '--output', stick]);
  parts = readdirSync(stick).map((name) => join(stick, name));
  expect(parts.length).toBeGreaterThan(2);
  key = (await it.here(['bundle', 'key', '--json'])).json.public_key;
});
afterAll(() => it.close());

test('parts are verified without a server; what is wrong is named, with status 1', async () => {
  const good = await it.here(['--url', 'http://127.0.0.1:1', 'bundle', 'verify', '--key', key, stick]);
  expect(good.status, good.stderr).toBe(0);
  expect(good.stdout).toMatch(/VERIFIED[\s\S]*main 1/);
  expect((await it.here(['bundle', 'verify', stick, '--json'])).json.files[0]).toMatchObject({ ok: true });

  const bad = readFileSync(parts[0]!);
  bad[bad.length >> 1]! ^= 4;
  const spoilt = join(it.folder, 'spoilt.sluice');
  writeFileSync(spoilt, bad);
  const refused = await it.here(['bundle', 'verify', '--key', key, spoilt]);
  expect(refused.status).toBe(1);
  expect(refused.stdout).toContain('bundle_tampered');
  const foreign = await it.here(['bundle', 'verify', '--key', 'a'.repeat(64), parts[0]!, '--json']);
  expect([foreign.status, foreign.json.files[0].code]).toEqual([1, 'bundle_foreign']);
  for (const line of refused.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

test('a bundle is imported, listed, and said to be here', async () => {
  const untrusted = await it.here(['bundle', 'import', stick]);
  expect(untrusted.status).toBe(1);
  expect(untrusted.stderr).toContain('not trusted');
  expect((await it.here(['bundle', 'trust', 'add', key, '--note', 'ourselves'])).status).toBe(0);
  expect((await it.here(['bundle', 'trust', 'list'])).stdout).toContain('ourselves');

  const imported = await it.here(['bundle', 'import', stick, '--follow']);
  expect(imported.status, imported.stderr).toBe(0);
  expect(imported.stdout).toMatch(/state +completed/);
  const again = await it.here(['bundle', 'import', stick]);
  expect([again.status, again.stderr]).toEqual([1, expect.stringContaining('is not imported again')]);

  // The stick still has the first one when the second one comes on it.
  const { fileName, bytes } = await buildCondaPackage({ name: 'four' });
  writeFileSync(join(it.folder, fileName), bytes);
  await it.here(['upload', '--channel', 'main', join(it.folder, fileName)]);
  await it.app.jobsDone();
  await it.here(['bundle', 'create', '-c', 'main', '--since', 'last', '--output', stick]);
  const both = await it.here(['bundle', 'import', stick, '--follow']);
  expect(both.status, both.stderr).toBe(0);
  expect(both.stdout).toMatch(/main 2\n[\s\S]*state +completed[\s\S]*main-1.part0001.sluice: .*is in already/);

  const list = await it.here(['bundle', 'list']);
  expect(list.stdout).toMatch(/in +main 1/);
  for (const line of list.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  const file = join(it.folder, 'main.state');
  expect((await it.here(['bundle', 'state', '--output', file])).status).toBe(0);
  expect(readStateFile(readFileSync(file))).toMatchObject({ series: 'main', serial: 2 });
  const { issuer } = (await it.here(['bundle', 'trust', 'list', '--json'])).json.items[0];
  expect((await it.here(['bundle', 'trust', 'remove', issuer])).status).toBe(0);
});
