import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createArchiveReader } from './archive-folder.ts';
import type { SourceArchive } from './source-folder.ts';

const folder = await mkdtemp(join(tmpdir(), 'archive-'));
const path = join(folder, 'a.zip');
afterAll(() => rm(folder, { recursive: true }));
let opened = 0;
let fault: Error | undefined;
const archive: SourceArchive = {
  file: (inside) => (inside === 'noarch/a' ? { size: 4, version: '7' } : undefined),
  list: (inside) => (inside === 'noarch' ? [{ name: 'a', kind: 'file' }] : undefined),
  async *read(_, from) {
    yield Buffer.from('text').subarray(from);
  },
};
const reader = createArchiveReader({
  isName: (name) => name.endsWith('.zip'),
  async open() {
    opened++;
    if (fault) throw fault;
    return archive;
  },
  copied: async (bytes, work) => {
    let size = 0;
    for await (const piece of bytes) size += piece.length;
    return work(`a copy of ${size}`);
  },
});

test('an archive is read once as long as it stays as it is', async () => {
  await writeFile(path, 'x');
  const folder = await reader.folder(path, 'noarch');
  expect(await folder.list()).toEqual([{ name: 'a', kind: 'file' }]);
  expect(folder.look('a')).toMatchObject({ size: 4 });
  expect(await folder.atPath('a', async (copy) => copy)).toBe('a copy of 4');
  const file = await reader.file(path, 'noarch/a');
  const etag = await file.etag();
  expect(await file.etag()).toBe(etag);
  expect(opened).toBe(1);
  await utimes(path, 1, 1);
  expect(await file.etag()).not.toBe(etag);
  await reader.file(path, 'noarch/a');
  expect(opened).toBe(2);
  await expect(reader.file(path, 'noarch/b')).rejects.toMatchObject({ code: 'upstream_missing' });
  await expect(reader.folder(path, 'win-64')).rejects.toMatchObject({ code: 'upstream_missing' });
});

test('what is wrong with one is said, and it is asked again', async () => {
  fault = Object.assign(new Error('It is cut.'), { name: 'ArchiveError' });
  await utimes(path, 2, 2);
  await expect(reader.folder(path, 'noarch')).rejects.toMatchObject({ code: 'upstream_malformed' });
  fault = undefined;
  await reader.folder(path, 'noarch');
});
