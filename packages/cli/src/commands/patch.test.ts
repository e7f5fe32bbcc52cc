import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliAndApp, startCli } from '../testing/start-cli.ts';

const fixtures = join(import.meta.dirname, '../../../testkit/fixtures/conda/noarch');
const patchPackage = 'conda-forge-repodata-patches-20180828-0.tar.bz2';

let it: CliAndApp;
let file: string;
beforeAll(async () => {
  it = await startCli({ signedIn: true });
  file = join(it.folder, 'patch_instructions.json');
  writeFileSync(file, '{"packages.conda":{"versioned-1.0-0.conda":{"license":"MIT"},"no-1-0.conda":{}}}');
  await it.cli(['channel', 'create', 'team', '--json']);
  await it.cli(['upload', join(fixtures, 'versioned-1.0-0.conda'), '-c', 'team', '--json']);
});
afterAll(() => it.close());

test('patches are tried, set, shown and cleared', async () => {
  const set = ['patch', 'set', 'team', file, '--subdir', 'noarch'];
  const tried = await it.cli([...set, '--dry-run']);
  expect(tried.status).toBe(0);
  expect(tried.stdout).toMatch(/noarch\s+1\s+0\s+0\s+1/);
  expect(tried.stdout).toMatch(/noarch\/versioned-1.0-0.conda\s+license\s+\S+\s+MIT/);
  expect(tried.stdout).toContain('Not in the channel, so passed over: noarch/no-1-0.conda');
  expect(tried.stdout).toContain('Nothing was changed');
  expect((await it.cli(['patch', 'show', 'team'])).stdout).toContain('no patches');

  expect((await it.cli([...set, '--json'])).json).toMatchObject({ patch_rev: 1, subdirs: [{ files: 1 }] });
  expect((await it.cli(['patch', 'show', 'team'])).stdout).toMatch(/noarch\s+\d+ B/);
  const document = await it.cli(['patch', 'show', 'team', '--subdir', 'noarch', '--json']);
  expect(document.json['packages.conda']['versioned-1.0-0.conda']).toEqual({ license: 'MIT' });

  const cleared = await it.cli(['patch', 'clear', 'team', '--all']);
  expect(cleared.stdout).toMatch(/license\s+MIT/);
  expect((await it.cli(['patch', 'clear', 'team', '--all', '--json'])).status).toBe(1);
});

test('a patch package says its subdirs itself', async () => {
  const set = await it.cli(['patch', 'set', 'team', join(fixtures, patchPackage), '--json']);
  expect(set.json.subdirs).toHaveLength(5);
  expect((await it.cli(['patch', 'clear', 'team', '--all', '--dry-run', '--json'])).json.subdirs).toHaveLength(5);
});

test.each([
  ['a document without its subdir', () => ['set', 'team', file], 2],
  ['a package with one', () => ['set', 'team', join(fixtures, patchPackage), '--subdir', 'noarch'], 2],
  ['clearing nothing in particular', () => ['clear', 'team'], 2],
  ['a file that is not there', () => ['set', 'team', `${file}.no`, '--subdir', 'noarch'], 1],
  ['patches that are not there', () => ['show', 'team', '--subdir', 'win-arm64'], 1],
])('%s is refused', async (_, argv, status) => {
  expect((await it.cli(['patch', ...argv(), '--json'])).status).toBe(status);
});
