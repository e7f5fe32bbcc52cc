import { createWriteStream } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  buildCondaPackage,
  buildSdist,
  buildWheel,
  type CondaPackageOptions,
  streamLargePackage,
} from '@sluice/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliAndApp, startCli } from '../testing/start-cli.ts';

const MIB = 1024 * 1024;

let it: CliAndApp;
beforeAll(async () => {
  it = await startCli({ signedIn: true });
  await it.cli(['channel', 'create', 'team', '--privacy', 'public', '--json']);
  await it.cli(['channel', 'create', 'team/dev', '--json']);
});
afterAll(() => it.close());

async function packageFile(options: CondaPackageOptions, fileName?: string): Promise<string> {
  const built = await buildCondaPackage({ subdir: 'noarch', noarch: 'generic', ...options });
  const file = join(it.folder, fileName ?? built.fileName);
  await writeFile(file, built.bytes);
  return file;
}

const upload = (...argv: string[]) => it.cli(['upload', ...argv, '--json']);
const statuses = (items: { status: string }[]) => items.map(({ status }) => status);

test('files go to channels and subchannels, and again change nothing', async () => {
  const one = await packageFile({ name: 'one' });
  const two = await packageFile({ name: 'two', format: 'tar.bz2', license: 'MIT' });
  const first = await upload(one, two, '-c', 'team', '-c', 'team/dev');
  expect(first.status).toBe(0);
  expect(first.json.counts).toEqual({ uploaded: 4, unchanged: 0, skipped: 0, failed: 0 });
  expect(first.json.items[0]).toMatchObject({ channel: 'team', ckey: 'noarch/one-1.0-0.conda', status: 'uploaded' });
  const again = await it.cli(['upload', one, '-c', 'team/dev']);
  expect([again.status, again.stdout]).toEqual([0, expect.stringMatching(/^unchanged {2}noarch\/one-1.0-0.conda/)]);

  await it.app.jobsDone();
  const packages = await it.cli(['channel', 'packages', 'team/dev', '--json']);
  expect(packages.json.items.map(({ name }: { name: string }) => name)).toEqual(['one', 'two']);
  const files = await it.cli(['channel', 'files', 'team', 'two']);
  expect(files.stdout).toMatch(/noarch\/two-1.0-0.tar.bz2\s+\d+(\.\d)? k?B\s+MIT/);
});

test('who uploads to a frozen channel is told that it is not shown yet, once', async () => {
  await it.cli(['channel', 'create', 'still', '--json']);
  await it.cli(['channel', 'freeze', 'still', '--json']);
  const files = [await packageFile({ name: 'first' }), await packageFile({ name: 'second' })];
  const { status, stdout } = await it.cli(['upload', ...files, '-c', 'still', '-c', 'team']);
  expect(status).toBe(0);
  const [, said] = stdout.split('4 uploads: 4 uploaded.');
  expect(said!.trim().split(/\s+/).join(' ')).toBe(
    'still is frozen: what is new to it is shown once it is unfrozen: npx sluice channel unfreeze still',
  );
  expect((await upload(files[0]!, '-c', 'still')).json.items[0]).toMatchObject({ channel_frozen: true });
  expect((await upload(files[0]!, '-c', 'team')).json.items[0]).toMatchObject({ channel_frozen: false });
  await it.app.jobsDone();
});

test('files of Python go where Python is held, and are left be where they are', async () => {
  await it.cli(['channel', 'create', 'py', '--types', 'conda,python', '--json']);
  const files: string[] = [];
  for (const { fileName, bytes } of [await buildWheel({ name: 'Py.Tool' }), await buildSdist({ name: 'Py.Tool' })]) {
    files.push(join(it.folder, fileName));
    await writeFile(files.at(-1)!, bytes);
  }
  const sent = await upload(...files, '-c', 'py');
  expect([sent.status, sent.json.items[0]]).toMatchObject([0, { ckey: 'pypi/py-tool/py_tool-1.0-py3-none-any.whl' }]);
  await it.app.jobsDone();
  expect(statuses((await upload(...files, '-c', 'py', '--skip-existing')).json.items)).toEqual(['skipped', 'skipped']);
  const shown = await it.cli(['channel', 'files', 'py', 'py-tool', '--family', 'python']);
  expect(shown.stdout).toMatch(/pypi\/py-tool\/py_tool-1\.0\.tar\.gz\s+\d+(\.\d)? k?B\s+-\s+\d{4}-/);
  expect((await upload(files[0]!, '-c', 'team')).json.items[0].error.code).toBe('type_not_allowed');
});

test('one that is refused does not keep the others, and its reason is shown', async () => {
  const other = await packageFile({ name: 'one', license: 'BSD' });
  const good = await packageFile({ name: 'good' });
  const text = join(it.folder, 'notes.txt');
  const empty = join(it.folder, 'empty-1-0.conda');
  await writeFile(text, 'no package');
  await writeFile(empty, '');
  const end = await upload(other, text, empty, join(it.folder, 'absent-1-0.conda'), it.folder, good, '-c', 'team');
  expect(end.status).toBe(1);
  expect(statuses(end.json.items)).toEqual(['failed', 'failed', 'failed', 'failed', 'failed', 'uploaded']);
  expect(end.json.items.map(({ error }: { error?: { code: string } }) => error?.code)).toEqual([
    'file_exists',
    'file_name',
    'upload_empty',
    'file_unreadable',
    'file_unreadable',
    undefined,
  ]);
  expect(end.stderr).toContain(end.json.items[0].error.detail);
  expect(end.stderr).toMatch(/^ {2}wanted: /m);
  expect(end.stderr).toContain('5 of 6 uploads failed');
});

test('--skip-existing leaves be what is there, these bytes or others', async () => {
  const same = await packageFile({ name: 'skip' });
  await upload(same, '-c', 'team');
  await it.app.jobsDone();
  const skipped = await upload(same, '-c', 'team', '--skip-existing');
  expect([skipped.status, statuses(skipped.json.items)]).toEqual([0, ['skipped']]);
  const other = await packageFile({ name: 'skip', license: 'BSD' });
  expect((await upload(other, '-c', 'team')).status).toBe(1);
  const end = await upload(other, await packageFile({ name: 'fresh' }), '-c', 'team', '--skip-existing');
  expect([end.status, statuses(end.json.items)]).toEqual([0, ['skipped', 'uploaded']]);
});

test('--subdir refuses what belongs elsewhere', async () => {
  const { status, json } = await upload(await packageFile({ name: 'misplaced' }), '-c', 'team', '--subdir', 'linux-64');
  expect([status, json.items[0].error.code]).toEqual([1, 'subdir_mismatch']);
});

test.each([
  ['a channel that is not there', 'nowhere', {}, 'not_found'],
  ['nobody', 'team', { SLUICE_TOKEN: '' }, 'unauthenticated'],
])('%s', async (_, channel, env, code) => {
  const file = await packageFile({ name: 'lost' });
  const { status, json } = await it.cli(['upload', file, '-c', channel, '--json'], { env });
  expect([status, json.items[0].error.code]).toEqual([1, code]);
});

test(
  'a large file needs no memory of its size',
  async () => {
    const size = (process.env.LONG ? 5120 : 256) * MIB;
    const { fileName, content } = await streamLargePackage('large', size);
    const file = join(it.folder, fileName);
    await pipeline(content, createWriteStream(file));
    const large = await upload(file, '-c', 'team');
    expect(large.json.counts).toMatchObject({ uploaded: 1 });
    expect(large.json.items[0].size).toBeGreaterThan(size);
    // Node itself takes about 100 MiB of it.
    expect(large.peakBytes).toBeGreaterThan(40 * MIB);
    expect(large.peakBytes).toBeLessThan(200 * MIB);
    await rm(file);
  },
  process.env.LONG ? 1_800_000 : 600_000,
);
