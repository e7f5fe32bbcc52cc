import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildCondaPackage } from '@sluice/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliAndApp, startCli } from '../testing/start-cli.ts';

let it: CliAndApp;
beforeAll(async () => {
  it = await startCli({ signedIn: true });
  await it.cli(['channel', 'create', 'team', '--privacy', 'public']);
  await it.cli(['channel', 'create', 'team/dev']);
  for (const name of ['first', 'second']) {
    const { fileName, bytes } = await buildCondaPackage({ name });
    const path = join(it.folder, fileName);
    await writeFile(path, bytes);
    expect((await it.cli(['upload', '-c', 'team/dev', path])).status).toBe(0);
    await it.app.jobsDone();
  }
});
afterAll(() => it.close());

const publication = (...argv: string[]) => it.cli(['publication', ...argv, '--json']);
const shown = async (...argv: string[]) => (await it.cli(['publication', ...argv])).stdout;

test('publications are listed and shown', async () => {
  expect((await publication('list', 'team/dev')).json).toMatchObject({
    total_count: 2,
    items: [{ number: 2, is_head: true, cause: 'upload', actor: 'admin' }, { number: 1 }],
  });
  expect(await shown('list', 'team/dev')).toMatch(
    /NO\s+WHEN\s+CAUSE[\s\S]*2\s+20\S+ \d\d:\d\d:\d\dZ\s+upload[\s\S]*\(head\)/,
  );
  expect(await shown('list', 'team')).toBe('No publications.\n');
  expect((await publication('show', 'team/dev', '1')).json).toMatchObject({ number: 1, files: 1 });
  expect(await shown('show', 'team/dev', 'head')).toMatch(/publication\s+2 \(shown now\)/);
  expect((await it.cli(['channel', 'show', 'team/dev'])).stdout).toMatch(/publication\s+2 \(head\)/);
});

test('two are compared; without a second, with the head', async () => {
  const { json } = await publication('compare', 'team/dev', '1');
  expect(json).toMatchObject({ from: 1, to: 2, added: 1, items: [{ name: 'second', reason: { code: 'uploaded' } }] });
  expect(await shown('compare', 'team/dev', '2', '1')).toMatch(
    /From publication 2 to 1: 0 added, 1 removed, 0 changed\.[\s\S]*-\s+noarch\/second-1\.0-0\.conda\s+Uploaded here\./,
  );
  expect(await shown('compare', 'team/dev', '2')).toBe('From publication 2 to 2: 0 added, 0 removed, 0 changed.\n');
  expect((await publication('compare', 'team/dev', '1', '--change', 'removed')).json).toMatchObject({ items: [] });
});

test('one gets a name and loses it', async () => {
  expect((await publication('pin', 'team/dev', 'v1', '1')).json).toMatchObject({ name: 'v1', publication: 1 });
  expect(await shown('pin', 'team/dev', 'v1', 'v1')).toMatch(/read it as team\/dev@v1\.\n$/);
  const moved = await shown('pin', 'team/dev', 'v1', '2');
  expect(moved.replace(/\s+/g, ' ')).toContain('Until now that was publication 1.');
  expect((await publication('list', 'team/dev', '--pinned')).json).toMatchObject({ items: [{ pins: ['v1'] }] });
  expect((await publication('unpin', 'team/dev', 'v1')).json).toEqual({ unpinned: 'v1' });
});

test('one is shown again, and the channel is frozen', async () => {
  const { stdout } = await it.cli(['publication', 'rollback', 'team/dev', '1']);
  expect(stdout.replace(/\s+/g, ' ')).toContain('To undo it: npx sluice channel unfreeze team/dev');
  expect((await it.cli(['channel', 'show', 'team/dev', '--json'])).json).toMatchObject({
    ...{ publication: 3, indexing_behavior: 'frozen', file_count: 1 },
  });
  const again = await it.cli(['publication', 'rollback', 'team/dev', '2']);
  expect(again.stdout.replace(/\s+/g, ' ')).toContain('To undo it: npx sluice publication rollback team/dev 3');
  expect((await it.cli(['channel', 'reindex', 'team/dev', '--json'])).json.error.code).toBe('channel_frozen');
  await it.cli(['channel', 'unfreeze', 'team/dev']);
  const reindex = await it.cli(['channel', 'reindex', 'team/dev']);
  expect(reindex.stdout.replace(/\s+/g, ' ')).toContain('npx sluice channel history team/dev');
});

test.each([
  [['show', 'team/dev', '9'], 'publication_missing'],
  [['show', 'team/dev', 'v9'], 'pin_missing'],
  [['show', 'team/dev', '9.9'], 'ref_malformed'],
  [['compare', 'team/dev', '2001-01-01'], 'publication_missing'],
  [['pin', 'team/dev', '2026', '1'], 'pin_name'],
  [['unpin', 'team/dev', 'v9'], 'pin_missing'],
  [['rollback', 'team/dev', '9', '--yes'], 'publication_missing'],
  [['list', 'nowhere'], 'not_found'],
])('%j is refused with the server’s reason', async (argv, code) => {
  const { status, json, stderr } = await publication(...argv);
  expect([status, json.error.code]).toEqual([1, code]);
  expect(stderr).toContain(json.error.detail.slice(0, 40));
});
