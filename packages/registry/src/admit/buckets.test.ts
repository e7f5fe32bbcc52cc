import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildCondaPackage, createTestCatalog, type TestCatalog } from '@sluice/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { admitFolderPackages } from './folder-packages.ts';
import { folderRecord } from './folder-record.ts';

let catalog: TestCatalog;
let folder: string;
beforeEach(async () => {
  catalog = await createTestCatalog();
  folder = await mkdtemp(join(tmpdir(), 'folder-'));
});
afterEach(async () => {
  await catalog.close();
  await rm(folder, { recursive: true });
});

const packages = {
  plain: { name: 'plain' },
  exporting: { name: 'exporting', runExports: { weak: ['exporting >=1'] } },
  flagged: { name: 'flagged', index: { flags: ['cuda'] } },
  declared: { name: 'declared', index: { schema_version: 3 } },
  conditional: { name: 'conditional', depends: ['a[when="__unix"]'] },
  legacy: { name: 'legacy', format: 'tar.bz2', index: { extra_depends: { test: ['b'] } } },
  list: { name: 'list', info: { 'run_exports.json': '["list"]' } },
} as const;

const wanted = {
  plain: [false, '{}'],
  exporting: [false, '{"weak":["exporting >=1"]}'],
  flagged: [true, '{}'],
  declared: [true, '{}'],
  conditional: [true, '{}'],
  legacy: [true, '{}'],
  // Not what CEP 12 says; what it exports is not known.
  list: [false, null],
};

async function found() {
  const rows = await catalog.db.selectFrom('record').select(['file', 'v3', 'extra', 'body']).execute();
  for (const { file, body } of rows) {
    const record = JSON.parse(Buffer.from(body).toString());
    const { index } = packages[file.split('-')[0] as 'flagged'];
    if (index) expect(record).toMatchObject(index);
  }
  return Object.fromEntries(
    rows.map(({ file, v3, extra }) => [file.split('-')[0], [v3, extra && Buffer.from(extra).toString()]]),
  );
}

it('an upload is listed in the bucket it needs, with its run exports', async () => {
  const channel = await catalog.addChannel('c');
  for (const options of Object.values(packages)) {
    await catalog.upload(channel, 'c', await buildCondaPackage({ ...options, subdir: 'linux-64' }));
  }
  expect(await found()).toEqual(wanted);
});

it('so is a package of a bare folder; small ones that are wanted come in at once, in a pack', async () => {
  const { sourceId } = await catalog.admit({});
  async function* opened() {
    for (const options of Object.values(packages)) {
      const { fileName, bytes } = await buildCondaPackage({ ...options, subdir: 'noarch' });
      await writeFile(join(folder, fileName), bytes);
      yield folderRecord(join(folder, fileName), fileName, 'noarch');
    }
  }
  await admitFolderPackages(catalog, {
    sourceId,
    subdir: 'noarch',
    packages: opened(),
    gone: () => [],
    isWhole: true,
    wants: (facts) => facts.names[0] !== 'plain',
  });
  expect(await found()).toEqual(wanted);
  const blobs = await catalog.db
    .selectFrom('inspection')
    .innerJoin('blob', 'blob.sha256', 'inspection.sha256')
    .select('pack')
    .execute();
  expect(blobs.length).toBe(Object.keys(packages).length - 1);
  expect(new Set(blobs.map(({ pack }) => pack)).size).toBe(1);
  expect(blobs[0]!.pack).not.toBe(null);
});
