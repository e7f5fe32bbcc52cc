import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startUpstreamServer, type UpstreamServer, writeCondaChannel } from '@sluice/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliAndApp, startCli } from '../testing/start-cli.ts';

let it: CliAndApp;
let upstream: UpstreamServer;
beforeAll(async () => {
  it = await startCli({ signedIn: true, env: { SLUICE_SOURCES: 'any' } });
  const folder = join(it.folder, 'upstream');
  writeCondaChannel(folder);
  upstream = await startUpstreamServer({ folder });
  await it.cli(['channel', 'create', 'team', '--privacy', 'public', '--json']);
  await it.cli(['channel', 'create', 'team/dev', '--json']);
});
afterAll(async () => {
  await it.close();
  await upstream.close();
});

const mirror = (...argv: string[]) => it.cli(['mirror', ...argv, '--json']);
const create = (name: string, ...more: string[]) => mirror('create', name, '-s', upstream.url, ...more);

test('a plan says what would be, file by file, and changes nothing', async () => {
  const argv = ['plan', '-c', 'team', '-s', upstream.url, '--subdirs', 'linux-64,noarch', '--exclude_spec', 'zlib'];
  const { status, json } = await mirror(...argv, '--limit', '5');
  expect(status).toBe(0);
  expect(json.items).toHaveLength(5);
  expect(json.count.mirror_filtered).toMatchObject({ exclude_specs: 2 });
  expect(json.count.passive + 2).toBe(json.count.total);
  const { stdout } = await it.cli(['mirror', ...argv, '--limit', '2', '--offset', '1']);
  expect(stdout).toMatch(/exclude_specs \(mirror\)\s+2/);
  expect(stdout).toMatch(/linux-64\/zlib-1.2.11-h7b6447c_3.conda\s+leave out\s+exclude_specs/);
  expect(stdout).toMatch(/2–3 of \d+ files; go on with --offset 3/);
  expect((await mirror('list', '-c', 'team')).json.items).toEqual([]);
});

test('a mirror is made, run to its end with progress, and says what became of every file', async () => {
  const end = await create(
    'forge',
    '-c',
    'team',
    '--mode',
    'active',
    '--subdirs',
    'linux-64',
    '--licenses',
    'zlib',
    '--wait',
  );
  expect(end.status).toBe(0);
  expect(end.json).toMatchObject({
    name: 'forge',
    mode: 'active',
    state: 'completed',
    filters: { subdirs: ['linux-64'] },
  });
  const { count } = end.json.sync_state;
  expect([count.active, count.mirror_filtered.license]).toEqual([1, 1]);
  expect(end.stderr).toMatch(/^(pending|running|\d\/\d .+)$/m);
  expect(end.stderr).toMatch(/^completed$/m);
  const packages = await it.cli(['channel', 'packages', 'team', '--json']);
  expect(packages.json.items).toMatchObject([{ name: 'zlib', file_count: 1 }]);
});

test('with --quiet nothing is said meanwhile', async () => {
  const { status, stderr } = await mirror('run', 'forge', '-c', 'team', '--wait', '--quiet');
  expect([status, stderr]).toEqual([0, '']);
});

test('an edit keeps what it does not name, and takes away what it empties', async () => {
  const edited = await mirror(
    'edit',
    'forge',
    '-c',
    'team',
    '--licenses',
    '',
    '--exclude-spec',
    'xtensor-io',
    '--wait',
  );
  expect(edited.json).toMatchObject({ cron: '0 0 1 * *', state: 'completed' });
  expect(edited.json.filters).toEqual({ subdirs: ['linux-64'], exclude_specs: ['xtensor-io'] });
  expect((await mirror('edit', 'forge', '-c', 'team', '--cron', '0 5 * * *')).json.filters).toEqual(
    edited.json.filters,
  );
  const plan = await mirror('plan', 'forge', '-c', 'team', '--exclude-spec', '');
  expect(plan.json.count).toMatchObject({ active: 2, mirror_filtered: { exclude_specs: 0 } });
  const fixed = await mirror('edit', 'forge', '-c', 'team', '--mode', 'passive');
  expect([fixed.status, fixed.json.error.code]).toEqual([1, 'mode_fixed']);
});

test('runs are listed, and the state is shown', async () => {
  const { json } = await mirror('runs', 'forge', '-c', 'team');
  expect(json.items.map(({ state }: { state: string }) => state)).toEqual(['completed', 'completed', 'completed']);
  expect((await it.cli(['mirror', 'runs', 'forge', '-c', 'team'])).stdout).toMatch(/manual\s+completed/);
  expect((await it.cli(['mirror', 'status', 'forge', '-c', 'team'])).stdout).toMatch(
    /state\s+completed[\s\S]*kept\s+1 \(1 active/,
  );
  expect((await it.cli(['mirror', 'show', 'forge', '-c', 'team'])).stdout).toMatch(/schedule\s+0 5 \* \* \* \(UTC\)/);
});

test('everything that was said of a mirror is shown within 80 columns, but for what opens its source', async () => {
  const pem = fileURLToPath(new URL('../../../mirror/src/fetch/testdata/localhost.pem', import.meta.url));
  const flags = [
    ...['--source-token', 's3cret', '--ca', pem, '--frequency', 'weekly', '--proxy', 'http://u:hush@127.0.0.1:3128'],
    ...['--concurrency', '3', '--bytes-per-second', '500k', '--keep-removed', '--grace-days', '90'],
    ...['--only-signed', '--cve-score', '7.5', '--exclude-uncurated-cve-packages', '--date-from', '2020-01-01'],
  ];
  const made = await it.cli(['mirror', 'create', 'full', '-c', 'team', '-s', upstream.url, ...flags]);
  expect(made.status).toBe(0);
  for (const line of [
    /asked with\s+a token \(Bearer\)/,
    /trusts\s+CN=/,
    /proxy\s+http:\/\/\*\*\*@127/,
    /at once\s+3 files/,
    /at most\s+500 kB\/s/,
    /vanished files\s+are kept for 90 days/,
    /schedule\s+weekly: 0 0 \* \* 0 \(UTC\)/,
    /only_signed\s+true/,
    /cve_score_threshold\s+7.5/,
    /exclude_non_curated_cve\s+true/,
    /mind\s+The channel team has 2 mirrors now/,
  ])
    expect(made.stdout).toMatch(line);
  expect(made.stdout).not.toMatch(/s3cret|hush/);
  expect(Math.max(...made.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  const listed = await mirror('list', '--state', 'never', '--search', 'FULL', '--sort=-created_at');
  expect(listed.json.items.map(({ name }: { name: string }) => name)).toEqual(['full']);
  const edited = await mirror('edit', 'full', '-c', 'team', '--source-token', '', '--ca', '', '--grace-days', '');
  expect(edited.json).toMatchObject({
    authentication: null,
    ca_certificates: [],
    keep_removed: true,
    grace_days: null,
  });
  await mirror('delete', 'full', '-c', 'team', '--yes');
});

test('a run that fails ends with 1 and its reason', async () => {
  upstream.fail(/repodata/, { status: 404 });
  const made = await create('broken', '-c', 'team/dev', '--wait');
  upstream.reset();
  expect(made.status).toBe(1);
  expect(made.json.state).toBe('failed');
  expect(made.stderr).toContain(`The run of broken failed: ${made.json.sync_state.last_exception}`);
  const watched = await mirror('status', 'broken', '-c', 'team/dev', '--watch');
  expect([watched.status, watched.json.state]).toEqual([1, 'failed']);
  expect((await mirror('restart', 'broken', '-c', 'team/dev', '--wait')).status).toBe(0);
});

test('a run is stopped, watched, and goes on', async () => {
  let answer = () => {};
  upstream.fail(/[.](conda|bz2)$/, { until: new Promise<void>((resolve) => (answer = resolve)) });
  await create('slow', '-c', 'team/dev', '--mode', 'active', '--run-now');
  const watching = mirror('status', 'slow', '-c', 'team/dev', '--watch');
  const stopped = await mirror('stop', 'slow', '-c', 'team/dev', '--wait');
  expect(stopped).toMatchObject({ status: 0, json: { state: 'stopped' } });
  expect(await watching).toMatchObject({ status: 1, json: { state: 'stopped' } });
  answer();
  upstream.reset();
  expect((await mirror('stop', 'slow', '-c', 'team/dev')).json.error.code).toBe('run_idle');
  expect((await mirror('run', 'slow', '-c', 'team/dev', '--wait')).json.state).toBe('completed');
});

test('a mirror is found by id or name, and never guessed', async () => {
  await create('forge', '-c', 'team/dev');
  const all = await mirror('list');
  expect(all.json.items.map(({ name }: { name: string }) => name).sort()).toEqual(['broken', 'forge', 'forge', 'slow']);
  expect((await it.cli(['mirror', 'list'])).stdout).toMatch(/slow\s+team\/dev\s+active\s+completed/);
  expect((await mirror('show', 'slow')).json.name).toBe('slow');
  const twins = await mirror('show', 'forge');
  expect([twins.status, twins.json.error.code]).toEqual([1, 'mirror_ambiguous']);
  expect(twins.json.error.found).toContain('team/dev');
  const [first] = all.json.items.filter(({ name }: { name: string }) => name === 'forge');
  expect((await mirror('show', first.id)).json.id).toBe(first.id);
  expect((await mirror('show', 'nothing', '-c', 'team')).json.error.code).toBe('mirror_missing');
  const ada = await it.app.signIn('ada');
  const blind = await it.cli(['mirror', 'show', 'slow', '--json'], { env: { SLUICE_TOKEN: ada } });
  expect([blind.status, blind.json.error.wanted]).toEqual([2, '--channel <channel>']);
});

test('everything that is wrong with a definition is said at once', async () => {
  const { status, json, stderr } = await create(
    'bad',
    '-c',
    'team',
    '--only-spec',
    'a',
    '--exclude-spec',
    'b',
    '--cron',
    'never',
  );
  expect([status, json.error.code]).toEqual([1, 'definition_invalid']);
  expect(json.error.issues).toHaveLength(2);
  expect(stderr).toMatch(/2 things are wrong[\s\S]*- cron: [\s\S]*- filters.exclude_specs: /);
});

test('a mirror goes, with its packages or without', async () => {
  const kept = await mirror('delete', 'forge', '-c', 'team');
  expect(kept).toMatchObject({ status: 0, json: { deleted: 'forge', channel: 'team', packages: 'keep' } });
  const gone = await mirror('delete', 'slow', '-c', 'team/dev', '--packages', 'remove', '--yes');
  expect(gone.json.packages).toBe('remove');
  await it.app.jobsDone();
  expect((await it.cli(['channel', 'packages', 'team', '--json'])).json.items).toMatchObject([{ name: 'zlib' }]);
});
