import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startUpstreamServer, testRecord, type UpstreamServer } from '@sluice/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliAndApp, startCli } from '../testing/start-cli.ts';

let it: CliAndApp;
const upstreams: UpstreamServer[] = [];
beforeAll(async () => {
  it = await startCli({ signedIn: true, env: { SLUICE_SOURCES: 'any' } });
  for (const digit of ['1', '2']) {
    const folder = join(it.folder, digit);
    mkdirSync(join(folder, 'noarch'), { recursive: true });
    const record = (name: string, depends: string[] = []) =>
      testRecord(name, '1', { subdir: 'noarch', depends, sha256: digit.repeat(64) });
    const records = {
      'app-1-0.conda': record('app', ['lib', 'gone >=2']),
      'lib-1-0.conda': record('lib'),
      'far-1-0.conda': record('far'),
    };
    writeFileSync(join(folder, 'noarch', 'repodata.json'), JSON.stringify({ 'packages.conda': records }));
    upstreams.push(await startUpstreamServer({ folder }));
  }
});
afterAll(async () => {
  await it.close();
  for (const upstream of upstreams) await upstream.close();
});

const cli = async (...argv: string[]) => (await it.here([...argv, '--json'])).json;
const text = async (...argv: string[]) => (await it.cli(argv)).stdout;

test('plans show what comes along, reports what came, and closure what is missing', async () => {
  await cli('channel', 'create', 'demo');
  const wish = ['-c', 'demo', '-s', upstreams[0]!.url, '--only-spec', 'app', '--include-dependencies'];
  const plan = await text('mirror', 'plan', ...wish);
  expect(plan).toMatch(/kept +2 files, 20 B/);
  expect(plan).toMatch(/dependencies +1 file, 10 B/);
  expect(plan).toMatch(/gone >=2 +noarch\/app-1-0.conda[\s\S]*no such/);
  await cli('mirror', 'create', 'm', ...wish, '--wait');
  const report = await cli('mirror', 'dependencies', 'm', '-c', 'demo');
  expect(report.items.map(({ spec, status }: { spec: string; status: string }) => `${spec} ${status}`)).toEqual([
    'app present',
    'lib present',
    'gone >=2 missing',
  ]);
  expect(await text('mirror', 'dependencies', 'm', '-c', 'demo', '--missing')).toMatch(
    /specs +1 asked for, 2 depended on, 1 missing/,
  );
  const csv = await it.here(['mirror', 'dependencies', 'm', '-c', 'demo', '--csv']);
  expect(csv.stderr).toBe('');
  expect(csv.stdout.split('\n')).toHaveLength(5);
  expect(await text('channel', 'closure', 'demo')).toMatch(/1 package without[\s\S]*noarch\/app +1 +gone >=2/);
  expect(await text('channel', 'closure', 'demo', '--rules')).toBe('Nothing is missing.\n');
  const tried = await cli('channel', 'closure', 'demo', '--exclude-spec', 'lib');
  expect(tried).toMatchObject({ packages: 1, items: [{ package: 'app', spec: 'lib', rule: 'exclude_specs: lib' }] });
});

test('conflicts between two mirrors are listed', async () => {
  await cli('channel', 'create', 'two');
  for (const [k, name] of ['upper', 'lower'].entries()) {
    await cli('mirror', 'create', name, '-c', 'two', '-s', upstreams[k]!.url, '--only-spec', 'far', '--wait');
  }
  const { items } = await cli('channel', 'conflicts', 'two');
  expect(items).toMatchObject([
    { subdir: 'noarch', file: 'far-1-0.conda', shown: { mirror_name: 'upper' }, hidden: { mirror_name: 'lower' } },
  ]);
  expect(await text('channel', 'conflicts', 'two')).toMatch(/upper +lower/);
  expect(await text('channel', 'conflicts', 'demo')).toBe('No conflicts.\n');
});
