import type { FileHandle } from 'node:fs/promises';
import { mkdtemp, readdir, readlink, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openPackHandles, type PackHandles } from './pack-handles.ts';

let folder: string;
let handles: PackHandles;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-packs-'));
  for (const id of ['a', 'b', 'c']) await writeFile(join(folder, id), id);
  handles = openPackHandles((id) => join(folder, id), 2);
});
afterEach(async () => {
  await handles.close();
  await rm(folder, { recursive: true });
});

const content = async (handle: FileHandle) => (await handle.read(Buffer.alloc(1), 0, 1, 0)).buffer.toString();

/** The packs this process has open, as the system sees it. */
async function openPacks(): Promise<string[]> {
  const links = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  );
  return links
    .filter((path) => path.startsWith(`${folder}/`))
    .map((path) => path.slice(folder.length + 1))
    .sort();
}

test.runIf(process.platform === 'linux')(
  'no more packs stay open than allowed, the least recently used go first',
  async () => {
    for (const id of ['a', 'b', 'a', 'c']) expect(await handles.use(id, content)).toBe(id);
    expect(await openPacks()).toEqual(['a', 'c']);
    await handles.close();
    expect(await openPacks()).toEqual([]);
  },
);

test('a pack forgotten while it is read is read to the end', async () => {
  const [begun, letGo] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const reading = handles.use('a', async (handle) => {
    begun.resolve();
    await letGo.promise;
    return content(handle);
  });
  await begun.promise;
  await handles.forget('a');
  await unlink(join(folder, 'a'));
  letGo.resolve();
  expect(await reading).toBe('a');
  await expect(handles.use('a', content)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a pack that was missing is found once it is there', async () => {
  await expect(handles.use('d', content)).rejects.toMatchObject({ code: 'ENOENT' });
  await writeFile(join(folder, 'd'), 'd');
  expect(await handles.use('d', content)).toBe('d');
});
