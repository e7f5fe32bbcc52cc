import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MirrorFilters } from '@sluice/policy';
import { buildCondaPackage, type CondaPackageOptions, writeCondaChannel } from '@sluice/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { judgeTree } from './judge-tree.ts';
import { findChannels } from './scan-tree.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-tree-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function put(options: CondaPackageOptions, root = folder): Promise<void> {
  const { fileName, bytes } = await buildCondaPackage({ subdir: 'linux-64', ...options });
  const subdir = join(root, options.subdir ?? 'linux-64');
  mkdirSync(subdir, { recursive: true });
  writeFileSync(join(subdir, fileName), bytes);
}

async function decisions(filters: MirrorFilters): Promise<Record<string, string>> {
  const judged = await judgeTree(folder, { types: ['conda'], channel: {}, mirror: { filters, keepLegacy: true } });
  return Object.fromEntries(
    judged.map(({ subdir, file, reason, fault }) => [
      `${subdir}/${file.replace(/-1\.0-.*/, '')}`,
      fault === null ? (reason?.code ?? 'kept') : 'fault',
    ]),
  );
}

test('packages without an index are opened; what is none is said', async () => {
  await put({ name: 'tool', license: 'MIT', depends: ['python >=3.9'] });
  await put({ name: 'old', build: 'py27_0', depends: ['python 2.7*'], format: 'tar.bz2' });
  writeFileSync(join(folder, 'linux-64', 'broken-1.0-0.conda'), 'no zip');
  expect(await decisions({ python_versions: ['3.10'] })).toEqual({
    'linux-64/tool': 'kept',
    'linux-64/old': 'python',
    'linux-64/broken': 'fault',
  });
});

test('platforms bring along what they need of noarch, and nothing else of it', async () => {
  await put({ name: 'tool', depends: ['lib >=1'] });
  await put({ name: 'lib', subdir: 'noarch', noarch: 'generic' });
  await put({ name: 'other', subdir: 'noarch', noarch: 'generic' });
  await put({ name: 'tool', subdir: 'win-64' });
  expect(await decisions({ subdirs: ['linux-64'] })).toEqual({
    'linux-64/tool': 'kept',
    'noarch/lib': 'kept',
    'noarch/other': 'platform',
  });
});

test('the index of a tree is believed, packed or not; a broken one is told of', async () => {
  writeCondaChannel(folder);
  const plain = await decisions({ exclude_licenses: ['BSD'] });
  for (const subdir of ['linux-64', 'noarch', 'osx-64', 'win-32', 'win-64'])
    rmSync(join(folder, subdir, 'repodata.json'));
  expect(await decisions({ exclude_licenses: ['BSD'] })).toEqual(plain);
  expect(new Set(Object.values(plain))).toEqual(new Set(['kept', 'license']));
  writeFileSync(join(folder, 'noarch', 'repodata.json'), '{"packages": {');
  await expect(decisions({})).rejects.toMatchObject({ code: 'file_unreadable' });
});

test('channels are found where an archive of several was unpacked', async () => {
  await put({ name: 'tool' }, join(folder, 'suite', 'pkgs', 'main'));
  await put({ name: 'tool' }, join(folder, 'suite', 'pkgs', 'free'));
  expect(await findChannels(folder)).toEqual([
    join(folder, 'suite', 'pkgs', 'free'),
    join(folder, 'suite', 'pkgs', 'main'),
  ]);
  cpSync(join(folder, 'suite', 'pkgs', 'main', 'linux-64'), join(folder, 'noarch'), { recursive: true });
  expect(await findChannels(folder)).toEqual([folder]);
  await expect(findChannels(join(folder, 'noarch'))).rejects.toMatchObject({ code: 'file_unreadable' });
  await expect(findChannels(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'file_unreadable' });
});
