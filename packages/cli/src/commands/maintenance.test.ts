import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildCondaPackage } from '@sluice/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliAndApp, startCli } from '../testing/start-cli.ts';

const hourMs = 60 * 60 * 1000;

let it: CliAndApp;
beforeAll(async () => {
  it = await startCli({ signedIn: true });
  const folder = await mkdtemp(join(tmpdir(), 'sluice-maintenance-'));
  await it.cli(['channel', 'create', 'team', '--privacy', 'public']);
  for (const version of ['1', '2']) {
    const { fileName, bytes } = await buildCondaPackage({ name: 'own', version, subdir: 'linux-64' });
    await writeFile(join(folder, fileName), bytes);
    expect((await it.cli(['upload', '--channel', 'team', join(folder, fileName)])).status).toBe(0);
    await it.app.jobsDone();
  }
  await rm(folder, { recursive: true });
});
afterAll(() => it.close());

test('a check of what is sound finds nothing, also deep, also of one channel', async () => {
  for (const argv of [[], ['--deep'], ['--channel', 'team', '--deep']]) {
    const { status, json } = await it.cli(['maintenance', 'check', ...argv, '--json']);
    expect(json.check.findings).toEqual([]);
    expect([status, json.state, json.check.errors]).toEqual([0, 'completed', 0]);
    expect(json.check.blobs).toBeGreaterThan(0);
  }
  expect((await it.cli(['maintenance', 'check'])).stdout).toMatch(/0 errors, 0 notices; looked at \d+ blobs/);
  expect((await it.cli(['maintenance', 'check', '--channel', 'nowhere', '--json'])).json.error.code).toBe('not_found');
});

test('how long publications are kept is shown and changed', async () => {
  const retention = (...argv: string[]) => it.cli(['maintenance', 'retention', ...argv, '--json']);
  expect((await retention()).json).toEqual({ retention: { all_days: 30, daily_days: 365 }, collect_grace_hours: 24 });
  expect((await retention('--daily-days', '100', '--grace-hours', '2')).json).toEqual({
    retention: { all_days: 30, daily_days: 100 },
    collect_grace_hours: 2,
  });
  expect((await retention('--all-days', '6')).json.error.code).toBe('invalid_request');
  expect((await it.cli(['channel', 'edit', 'team', '--keep', '10,20', '--json'])).json.retention).toEqual({
    all_days: 10,
    daily_days: 20,
  });
  expect((await it.cli(['channel', 'show', 'team'])).stdout).toContain(
    'publications of 10 days, then one a day for 20',
  );
  expect((await it.cli(['channel', 'edit', 'team', '--keep', 'long'])).status).toBe(2);
  expect((await it.cli(['channel', 'edit', 'team', '--keep', 'default', '--json'])).json.retention).toBeNull();
});

test('a dry run says what would go; then it goes', async () => {
  // As if everything had happened two months ago.
  const created_at = new Date(Date.now() - 60 * 24 * hourMs);
  await it.app.db.updateTable('publication').set({ created_at }).execute();
  await it.app.db.updateTable('blob').set({ created_at }).execute();
  const tried = await it.cli(['maintenance', 'collect', '--dry-run', '--json']);
  expect(tried.json.collect).toMatchObject({
    dry_run: true,
    grace_hours: 2,
    publications: 1,
    channels: [{ channel: 'team', kept: 1, publications: 1 }],
  });
  expect((await it.cli(['maintenance', 'collect', '--dry-run'])).stdout).toMatch(
    /nothing was changed[\s\S]*team +1 +1[\s\S]*condemned +\d+ blobs?, /,
  );
  const done = await it.cli(['maintenance', 'collect', '--json']);
  expect(done.json.collect).toMatchObject({ dry_run: false, publications: 1 });
  expect(done.json.collect.condemned).toEqual(tried.json.collect.condemned);
  const condemned_at = new Date(Date.now() - 3 * hourMs);
  await it.app.db.updateTable('blob').set({ condemned_at }).where('condemned_at', 'is not', null).execute();
  expect((await it.cli(['maintenance', 'collect', '--json'])).json.collect.removed).toEqual(
    done.json.collect.condemned,
  );
  expect((await it.cli(['maintenance', 'check', '--deep', '--json'])).json.check.errors).toBe(0);
});

test('a check that finds something says what to do, and ends with 1', async () => {
  await it.app.db.updateTable('entry').set({ files: 7 }).where('kind', '=', 'shard').execute();
  await it.app.db.updateTable('channel').set({ head_no: 9 }).execute();
  const { status, json, stderr } = await it.cli(['maintenance', 'check', '--json']);
  expect(status).toBe(1);
  expect(json.check.findings).toMatchObject([{ code: 'head_number', channel: 'team', severity: 'error' }]);
  expect(stderr).toContain('1 thing found wrong');
  await it.app.db.updateTable('channel').set({ head_no: 2 }).execute();
  const deep = await it.cli(['maintenance', 'check', '--deep']);
  expect([deep.status, deep.stdout]).toEqual([
    1,
    expect.stringMatching(/shard_differs[\s\S]*linux-64\/own[\s\S]*reindex/),
  ]);
});

test('who has signed in has no need of SLUICE_TOKEN', async () => {
  const env = { SLUICE_TOKEN: '' };
  expect((await it.cli(['maintenance', 'retention', '--json'], { env })).json.error.code).toBe('sign_in_needed');
  const stdin = 'correct horse battery';
  expect((await it.cli(['login', '--username', 'admin', '--password-stdin'], { env, stdin })).status).toBe(0);
  for (const argv of [['collect', '--dry-run'], ['retention']]) {
    expect((await it.cli(['maintenance', ...argv], { env })).status).toBe(0);
  }
});

test('only administrators may', async () => {
  const SLUICE_TOKEN = await it.app.signIn('anna');
  for (const verb of ['collect', 'check']) {
    const { status, json } = await it.cli(['maintenance', verb, '--json'], { env: { SLUICE_TOKEN } });
    expect([status, json.error.code]).toEqual([1, 'forbidden']);
  }
});
