import { join } from 'node:path';
import { startUpstreamServer, type UpstreamServer, writeCondaChannel } from '@sluice/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callCli } from '../testing/cli-process.ts';
import { type CliAndApp, startCli } from '../testing/start-cli.ts';

let it: CliAndApp;
let upstream: UpstreamServer;
beforeAll(async () => {
  it = await startCli({ signedIn: true, env: { SLUICE_SOURCES: 'any' } });
  const folder = join(it.folder, 'upstream');
  writeCondaChannel(folder);
  upstream = await startUpstreamServer({ folder });
  await it.cli(['channel', 'create', 'team', '--privacy', 'public', '--json']);
  const made = ['mirror', 'create', 'm', '-c', 'team', '-s', upstream.url, '--mode', 'active', '--subdirs', 'linux-64'];
  await it.cli([...made, '--json']);
});
afterAll(async () => {
  await it.close();
  await upstream.close();
});

test('--follow says in lines how a run goes on; with --json each is the mirror, the last one its end', async () => {
  upstream.fail(/\.(conda|bz2)$/, { bytesPerSecond: 20_000 });
  const { status, stdout, stderr } = await callCli(['mirror', 'run', 'm', '-c', 'team', '--follow', '--json'], it);
  upstream.reset();
  expect(status).toBe(0);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.length).toBeGreaterThan(1);
  expect(lines.at(-1)).toMatchObject({ name: 'm', state: 'completed' });
  expect(lines.slice(0, -1).filter(({ state }) => state === 'completed')).toEqual([]);
  const done = lines.map(({ progress }) => progress.bytes_done);
  expect(done).toEqual(done.toSorted((a, b) => a - b));
  expect(stderr).toMatch(/^\d\/\d Fetching files$/m);
  expect(stderr).toMatch(/^completed$/m);

  const after = await callCli(['mirror', 'status', 'm', '-c', 'team', '--follow', '--json'], it);
  expect(JSON.parse(after.stdout)).toMatchObject({ state: 'completed' });
});

test('a run that failed says at which request, how often that was sent, and what comes next', async () => {
  upstream.fail(/repodata/, { status: 401 });
  const { status, stdout, stderr } = await it.cli(['mirror', 'run', 'm', '-c', 'team', '--follow']);
  upstream.reset();
  expect(status).toBe(1);
  expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(/request http:\S+repodata.json\S*: status 401, sent 1 time, last 20/);
  expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
    /next What was published before stays.* It runs again by itself at 20/,
  );
  expect(stderr).toMatch(/It runs again by itself at 20/);
});
