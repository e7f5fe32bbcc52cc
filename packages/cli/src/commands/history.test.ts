import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { buildCondaPackage, startUpstreamServer, type UpstreamServer, writeCondaChannel } from '@sluice/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliAndApp, startCli } from '../testing/start-cli.ts';

let it: CliAndApp;
let upstream: UpstreamServer;
let gone: string;
const own = { fileName: '' };

const run = (...argv: string[]) => it.here([...argv, '--json']);

beforeAll(async () => {
  it = await startCli({ signedIn: true, env: { SLUICE_SOURCES: 'any' } });
  const folder = join(it.folder, 'upstream');
  writeCondaChannel(folder);
  upstream = await startUpstreamServer({ folder });
  await run('channel', 'create', 'team', '--privacy', 'public');
  const made = await run(
    'mirror',
    'create',
    'forge',
    '-c',
    'team',
    '-s',
    upstream.url,
    '--subdirs',
    'noarch',
    '--wait',
  );
  expect(made.json.state).toBe('completed');
  const built = await buildCondaPackage({ name: 'own', version: '1', subdir: 'linux-64' });
  own.fileName = built.fileName;
  await writeFile(join(it.folder, built.fileName), built.bytes);
  await run('upload', '--channel', 'team', join(it.folder, built.fileName));
  await it.app.jobsDone();
  const document = join(folder, 'noarch', 'repodata.json');
  const repodata = JSON.parse(await readFile(document, 'utf8'));
  gone = Object.keys(repodata['packages.conda'])[0]!;
  delete repodata['packages.conda'][gone];
  await writeFile(document, JSON.stringify(repodata));
  await writeFile(`${document}.zst`, zstdCompressSync(JSON.stringify(repodata)));
  expect((await run('mirror', 'run', 'forge', '-c', 'team', '--wait')).json.state).toBe('completed');
  const token = await it.app.adminToken();
  await it.app.request('DELETE', `/api/channels/team/artifacts/conda/own/files/linux-64/${own.fileName}`, { token });
  await it.app.jobsDone();
});
afterAll(async () => {
  await it.close();
  await upstream.close();
});

const types = (json: { items: { event_type: string }[] }) => json.items.map(({ event_type }) => event_type);

test('the history of a channel has every kind of event once a deed, under the names that are known', async () => {
  const { json } = await run('channel', 'history', 'team');
  const newestFirst = types(json).filter((type) => type !== 'artifact_generated');
  expect(newestFirst.toReversed()).toEqual([
    'channel_created',
    'mirror_registered',
    'mirroring_started',
    'mirroring_completed',
    'artifact_registered',
    'mirroring_started',
    'mirroring_completed',
    'artifact_removed',
  ]);
  expect(types(json).filter((type) => type === 'artifact_generated')).toHaveLength(4);
  const completed = json.items.filter((one: { event_type: string }) => one.event_type === 'mirroring_completed');
  expect(completed.map((one: { data: { changes: unknown } }) => one.data.changes)).toEqual([
    { added: 0, changed: 0, removed: 1, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    { added: expect.any(Number), changed: 0, removed: 0, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
  ]);
});

test('events are found by type, actor, mirror, text and time; pages stay what they are', async () => {
  const found = async (...argv: string[]) => types((await run('channel', 'history', 'team', ...argv)).json);
  expect(await found('--type', 'mirror_registered,artifact_removed')).toEqual([
    'artifact_removed',
    'mirror_registered',
  ]);
  expect(await found('--type', 'mirror_created')).toEqual(['mirror_registered']);
  expect(await found('--mirror', 'forge', '--type', 'mirroring_started')).toHaveLength(2);
  expect(await found('--actor', 'nobody')).toEqual([]);
  expect(await found('--text', own.fileName.toUpperCase())).toEqual(['artifact_removed', 'artifact_registered']);
  expect(await found('--to', '2020-01-01')).toEqual([]);
  expect((await found('--from', '2020-01-01')).length).toBeGreaterThan(8);
  const token = await it.app.adminToken();
  const page = async (query: string) =>
    (await it.app.request('GET', `/api/channels/team/history?${query}`, { token })).json;
  const first = await page('limit=3');
  const second = await page(`limit=3&before=${first.items[2].event_id}`);
  expect(second.items).toEqual((await page('limit=3&offset=3')).items);
});

test('administrators see what happened everywhere, others what they did themselves', async () => {
  const all = (await run('history', '--channel', 'team')).json;
  expect(all.total_count).toBe((await run('channel', 'history', 'team')).json.total_count);
  const token = await it.app.signIn('ada');
  const { json } = await it.app.request('GET', '/api/history', { token });
  expect(new Set(json.items.map((one: { meta: { actor: string } }) => one.meta.actor))).toEqual(new Set(['ada']));
  expect((await it.app.request('GET', '/api/history?actor=admin', { token })).json.items).toEqual([]);
  expect((await it.app.request('GET', '/api/history')).status).toBe(401);
});

test('the changes of a channel say what came and went and why', async () => {
  const { json } = await run('channel', 'changes', 'team');
  const told = json.items
    .slice(0, 3)
    .map((one: { change: string; file: string; cause: { detail: string } }) => [
      one.change,
      one.file,
      one.cause.detail,
    ]);
  expect(told).toEqual([
    ['removed', own.fileName, 'Deleted by admin.'],
    ['removed', gone, 'Gone from the source of the mirror forge.'],
    ['added', own.fileName, 'Uploaded by admin.'],
  ]);
  expect(json.items[3].cause.detail).toBe('New in the source of the mirror forge.');
  const removed = (await run('channel', 'changes', 'team', '--change', 'removed', '--part', 'noarch')).json;
  expect(removed.items.map(({ file }: { file: string }) => file)).toEqual([gone]);
  expect((await it.cli(['channel', 'changes', 'team', '--limit', '2'])).stdout).toMatch(/There is more/);
  const shown = (await it.app.request('GET', '/api/channels/team/changes?limit=1')).json.items[0].cause;
  expect([shown.actor, shown.detail]).toEqual([null, 'Deleted.']);
  expect((await it.app.request('GET', '/api/channels/team/changes?cursor=x')).status).toBe(400);
});

test('one file: its versions, how they came and went, and what showed them', async () => {
  const token = await it.app.adminToken();
  const of = async (name: string, place: string) =>
    (await it.app.request('GET', `/api/channels/team/artifacts/conda/${name}/files/${place}/history`, { token })).json;
  expect(await of('own', `linux-64/${own.fileName}`)).toMatchObject({
    part: 'linux-64',
    deleted: { actor: 'admin' },
    versions: [{ begun: { kind: 'upload', actor: 'admin' }, ended: { kind: 'delete' }, shown: [{ from: 2, to: 4 }] }],
  });
  expect((await of('x', `noarch/${gone}`)).versions).toMatchObject([
    { begun: { kind: 'run', mirror: 'forge' }, ended: { kind: 'run', mirror: 'forge' }, shown: [{ from: 1, to: 3 }] },
  ]);
  expect(await of('x', 'noarch/never-1-0.conda')).toMatchObject({ status: 404 });
});

test('the audit is walked to its end, and a link that was noted is found again', async () => {
  const walked = await run('audit', 'verify');
  expect(walked.json).toMatchObject({ fault: null, noted: null });
  const { link, hash } = walked.json.last;
  expect((await run('audit', 'verify', '--noted', `${link}:${hash}`)).json.noted).toBe(true);
  const other = await run('audit', 'verify', '--noted', `${link}:${'0'.repeat(64)}`);
  expect([other.status, other.json.noted]).toEqual([1, false]);
  expect((await it.cli(['audit', 'verify'])).stdout).toMatch(/The audit is whole/);
});
