import { mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FolderFileRow } from '@sluice/catalog';
import { RegistryError } from '@sluice/registry';
import { beforeEach, expect, test } from 'vitest';
import { testGuard } from '../../testing/deps.ts';
import { folderPackages } from './folder-packages.ts';

let path: string;
let known: Map<string, FolderFileRow>;
let opened: string[];

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'bare-'));
  known = new Map();
  opened = [];
});

async function read(onOpen?: (file: string) => Promise<void>) {
  const packages = await folderPackages(
    {
      async inspect(_, file) {
        opened.push(file);
        await onOpen?.(file);
        if (file.startsWith('broken')) throw new Error('This is no archive.');
        return { body: Buffer.from(`{"of":"${file}"}`), extra: null, sha256: new Uint8Array(32) };
      },
    },
    { files: await testGuard(path).folder(path), subdir: 'noarch', known: [...known.values()] },
  );
  const files: string[] = [];
  for await (const { file } of packages.records) files.push(file);
  const { read, gone, notListed } = packages.changes();
  for (const row of read) known.set(row.file, row);
  for (const file of gone) known.delete(file);
  const was = opened.splice(0);
  return { files, opened: was, gone, notListed, isUnchanged: packages.isUnchanged };
}

const put = (name: string, text = 'x') => writeFile(join(path, name), text);

test('only what is new or changed is opened, and what was refused is remembered', async () => {
  for (const name of ['b-1-0.conda', 'a-1-0.tar.bz2', 'broken-1-0.conda', 'repodata.json.bak', 'c-1-0.conda.part'])
    await put(name);
  expect(await read()).toEqual({
    files: ['a-1-0.tar.bz2', 'b-1-0.conda'],
    opened: ['a-1-0.tar.bz2', 'b-1-0.conda', 'broken-1-0.conda'],
    gone: [],
    notListed: ['broken-1-0.conda'],
    isUnchanged: false,
  });
  expect(known.get('broken-1-0.conda')).toMatchObject({ refusal: 'This is no archive.', sha256: null });
  expect(await read()).toEqual({ files: [], opened: [], gone: [], notListed: [], isUnchanged: true });

  await put('c-1-0.conda');
  await put('broken-1-0.conda', 'longer');
  await utimes(join(path, 'b-1-0.conda'), 1, 1);
  await rm(join(path, 'a-1-0.tar.bz2'));
  expect(await read()).toEqual({
    files: ['b-1-0.conda', 'c-1-0.conda'],
    opened: ['b-1-0.conda', 'broken-1-0.conda', 'c-1-0.conda'],
    gone: ['a-1-0.tar.bz2'],
    notListed: ['a-1-0.tar.bz2', 'broken-1-0.conda'],
    isUnchanged: false,
  });
});

test('a file that is still being written is left out until it rests', async () => {
  await put('a-1-0.conda');
  expect(await read(() => put('a-1-0.conda', 'more'))).toMatchObject({ files: [], opened: ['a-1-0.conda'] });
  expect(await read()).toMatchObject({ files: ['a-1-0.conda'], opened: ['a-1-0.conda'] });
});

test('a file that vanishes meanwhile is gone', async () => {
  await put('a-1-0.conda');
  await put('b-1-0.conda');
  await read();
  await put('a-1-0.conda', 'other');
  await put('b-1-0.conda', 'other');
  const vanishing = await read(async () => rm(join(path, 'b-1-0.conda'), { force: true }));
  expect(vanishing).toMatchObject({ files: ['a-1-0.conda'], notListed: ['b-1-0.conda'] });
  expect(await read()).toMatchObject({ opened: [], gone: ['b-1-0.conda'] });
});

test('a link out of the folder is an error', async () => {
  await symlink('/etc/hostname', join(path, 'a-1-0.conda'));
  await expect(read()).rejects.toMatchObject({ code: 'source_refused' });
});

test('many packages are opened by threads, which are closed; when they die nothing is said of any package', async () => {
  for (let i = 0; i < 500; i++) await put(`many-${i}-0.conda`);
  let closed = 0;
  const open = async (dies: boolean) =>
    folderPackages(
      {
        inspect: () => expect.unreachable('Opened here.'),
        openInspectors: () => ({
          async inspect(_, file) {
            if (dies && file === 'many-250-0.conda') throw new RegistryError('inspector_died', 'A thread ended.');
            return { file, body: Buffer.from(file), extra: null, sha256: new Uint8Array(32) };
          },
          async close() {
            closed++;
          },
        }),
      },
      { files: await testGuard(path).folder(path), subdir: 'noarch', known: [] },
    );
  const files = async (packages: Awaited<ReturnType<typeof open>>) => {
    const found: string[] = [];
    for await (const { file, body } of packages.records) if (String(body) === file) found.push(file);
    return found;
  };
  const found = await files(await open(false));
  expect(found).toHaveLength(500);
  expect(found).toEqual(found.toSorted());
  expect(closed).toBe(1);

  const dying = await open(true);
  await expect(files(dying)).rejects.toMatchObject({ code: 'inspector_died' });
  expect(dying.changes().read.filter(({ refusal }) => refusal !== null)).toEqual([]);
  expect(closed).toBe(2);
});
