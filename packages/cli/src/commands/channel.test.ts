import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliAndApp, startCli } from '../testing/start-cli.ts';

let it: CliAndApp;
beforeAll(async () => {
  it = await startCli({ signedIn: true });
});
afterAll(() => it.close());

const channel = (...argv: string[]) => it.cli(['channel', ...argv, '--json']);

test('channels and subchannels are made, listed and shown', async () => {
  const made = await channel(
    'create',
    'team',
    '--privacy',
    'public',
    '--description',
    'Ours',
    '--licenses',
    '-gpl3,mit',
  );
  expect(made).toMatchObject({
    status: 0,
    json: { name: 'team', privacy: 'public', filters: { include_licenses: ['mit'], exclude_licenses: ['gpl3'] } },
  });
  expect((await channel('create', 'team/dev')).json).toMatchObject({ name: 'dev', parent: 'team', privacy: 'private' });
  expect((await channel('list', 'team')).json.items).toMatchObject([{ name: 'dev' }]);
  expect((await channel('list', '--query', 'Ours')).json).toMatchObject({ total_count: 1, items: [{ name: 'team' }] });
  expect((await channel('show', 'team/dev')).json).toMatchObject({ parent: 'team' });
  expect((await it.cli(['channel', 'show', 'team'])).stdout).toMatch(/channel\s+team\n[\s\S]*exclude_licenses\s+gpl3/);
  expect((await it.cli(['channel', 'list'])).stdout).toMatch(/CHANNEL[\s\S]*team\s+public/);
});

test('an edit changes what it names and nothing else', async () => {
  const { json } = await channel('edit', 'team', '--exclude-spec', 'python <3.9', '--licenses', '');
  expect(json).toMatchObject({ description: 'Ours', privacy: 'public' });
  expect(json.filters).toEqual({ exclude_specs: ['python <3.9'] });
  expect((await channel('edit', 'team', '--privacy', 'authenticated')).json).toMatchObject({
    privacy: 'authenticated',
    filters: { exclude_specs: ['python <3.9'] },
  });
});

test('a subchannel is frozen and unfrozen', async () => {
  expect((await channel('freeze', 'team/dev')).json.indexing_behavior).toBe('frozen');
  expect((await it.cli(['channel', 'list', 'team'])).stdout).toContain('(frozen)');
  expect((await channel('unfreeze', 'team/dev')).json.indexing_behavior).toBe('default');
});

test('notices are made, changed, listed and withdrawn', async () => {
  const made = await channel(
    'notice',
    'create',
    'team',
    'Closed on Friday',
    '--level',
    'warning',
    '--expires',
    '2030-12-31',
  );
  expect(made.json).toMatchObject({ level: 'warning', published: true, expires_at: '2030-12-31T23:59:59.000Z' });
  const { id } = made.json;
  const edited = await channel('notice', 'edit', 'team', id, '--draft', '--expires', 'never');
  expect(edited.json).toMatchObject({ message: 'Closed on Friday', published: false, expires_at: null });
  expect((await it.cli(['channel', 'notice', 'list', 'team'])).stdout).toContain('warning (draft)');
  expect((await channel('notice', 'delete', 'team', id)).json).toEqual({ deleted: id });
  expect((await channel('notice', 'list', 'team')).json.items).toEqual([]);
});

test('the history says who did what', async () => {
  const { json } = await channel('history', 'team', '--limit', '1');
  expect(json.items).toHaveLength(1);
  expect(json.total_count).toBeGreaterThan(1);
  const { stdout } = await it.cli(['channel', 'history', 'team', '--limit', '2']);
  expect(stdout).toMatch(/admin[\s\S]*go on with --offset 2/);
});

test.each([
  [['create', 'team'], 'channel_exists'],
  [['create', 'Team'], 'channel_name'],
  [['create', 'simple'], 'channel_name'],
  [['show', 'nowhere'], 'not_found'],
  [['delete', 'nowhere'], 'not_found'],
  [['packages', 'team/nowhere'], 'not_found'],
  [['files', 'team', 'nothing'], 'not_found'],
  [['notice', 'create', 'team', 'x'.repeat(601)], 'notice_invalid'],
])('%j is refused with the server’s reason', async (argv, code) => {
  const { status, json, stderr } = await channel(...argv);
  expect([status, json.error.code]).toEqual([1, code]);
  expect(stderr).toContain(json.error.detail.slice(0, 40));
});

test('the settings of clients name the channel, and never a token', async () => {
  await channel('create', 'open', '--privacy', 'public');
  const conda = await it.cli(['setup', 'conda', 'open']);
  expect(conda.stdout).toBe(`# ~/.condarc\nchannels:\n  - ${it.app.url}/api/repo/open\n`);
  const closed = await it.cli(['setup', 'mamba', 'team/dev']);
  expect(closed.stdout).toContain(`  - ${it.app.url}/api/repo/t/<TOKEN>/team/dev\n`);
  expect(closed.stdout).toContain('npx sluice token create <name> --resource team/dev:read');
  const pixi = await it.cli(['setup', 'pixi', 'team/dev', '--json']);
  expect(pixi.json).toMatchObject({ needs_token: true, url: `${it.app.url}/api/repo/team/dev` });
  expect(pixi.json.text).toContain('pixi auth login 127.0.0.1 --token <TOKEN>');
  for (const { stdout } of [conda, closed, pixi]) expect(stdout).not.toContain(it.env.SLUICE_TOKEN);
  const pip = await it.cli(['setup', 'pip', 'team/dev']);
  expect(pip.stdout).toMatch(/index-url = http\S+\/t\/<TOKEN>\/team\/dev\/simple\/\n/);
  expect(pip.stdout).toMatch(/repository = http\S+\/api\/repo\/team\/dev\/legacy\/\n/);
  const uv = await it.cli(['setup', 'uv', 'open']);
  expect(uv.stdout).toMatch(/name = "open"\nurl = "http\S+\/api\/repo\/open\/simple\/"\npublish-url = "\S+\/legacy\/"/);
  const r = await it.cli(['setup', 'r', 'team/dev']);
  expect(r.stdout).toMatch(/options\(repos = c\(\n {2}CRAN = "http\S+\/t\/<TOKEN>\/team\/dev\/cran"\n/);
  expect(r.stdout).toMatch(/-T demo_1.0.tar.gz \\\n# {3}http\S+\/api\/repo\/team\/dev\/cran\/src\/contrib\/\n/);
  expect((await it.cli(['setup', 'conda', 'nowhere', '--json'])).json.error.code).toBe('not_found');
});

test('a channel goes with its subchannels', async () => {
  expect(await channel('delete', 'team', '--yes')).toMatchObject({ status: 0, json: { deleted: 'team' } });
  expect((await channel('show', 'team/dev')).json.error.code).toBe('not_found');
});
