import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { unzstdFile } from './unzstd-file.ts';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-unzstd-'));
  path = join(folder, 'packed');
});
afterAll(() => rm(folder, { recursive: true }));

// More than a thread sends ahead, in several frames.
const plain = Buffer.concat([Buffer.alloc(9_000_000, 'abcd'), randomBytes(300_000), Buffer.alloc(700_001, 'xyz')]);
const packed = Buffer.concat([
  zstdCompressSync(plain.subarray(0, 9_100_000)),
  zstdCompressSync(Buffer.alloc(0)),
  zstdCompressSync(plain.subarray(9_100_000)),
]);

async function read(threadFrom_bytes?: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of unzstdFile(path, threadFrom_bytes)) {
    parts.push(Buffer.from(part));
    if (parts.length % 20 === 0) await setImmediate();
  }
  return Buffer.concat(parts);
}

test('a large file comes out of a thread as a small one does here', async () => {
  await writeFile(path, packed);
  expect((await read(0)).equals(plain)).toBe(true);
  expect((await read()).equals(plain)).toBe(true);
});

test('an empty file is empty', async () => {
  await writeFile(path, '');
  expect(await read(0)).toHaveLength(0);
});

test('the memory of a piece is given back when the next is asked for', async () => {
  await writeFile(path, packed);
  const seen: Uint8Array[] = [];
  for await (const part of unzstdFile(path, 0)) {
    expect(seen.every(({ byteLength }) => byteLength === 0)).toBe(true);
    seen.push(part);
  }
  expect(seen.length).toBeGreaterThan(70);
});

test.each([
  ['is no zstd', Buffer.from('<html>none</html>'), { code: 'upstream_malformed', transient: false, wanted: 'zstd' }],
  ['is damaged', damaged(), { code: 'upstream_malformed', transient: false }],
  ['ends early', packed.subarray(0, packed.length - 9), { code: 'upstream_unavailable', transient: true }],
])('a file that %s is refused as it is here', async (_, bytes, expected) => {
  await writeFile(path, bytes);
  const [there, here] = [await read(0).catch((error) => error), await read().catch((error) => error)];
  expect(there).toMatchObject({ name: 'MirrorError', ...expected });
  const { code, message, transient, wanted, found } = here;
  expect(there).toMatchObject({ code, message, transient, wanted, found });
});

test('what comes before the damage is handed over first', async () => {
  await writeFile(path, packed.subarray(0, packed.length - 9));
  let bytes = 0;
  await expect(async () => {
    for await (const part of unzstdFile(path, 0)) bytes += part.length;
  }).rejects.toMatchObject({ code: 'upstream_unavailable' });
  expect(bytes).toBeGreaterThan(9_000_000);
});

test('who stops reading early ends the thread', async () => {
  await writeFile(path, packed);
  const before = threads();
  for await (const part of unzstdFile(path, 0)) {
    expect(part.length).toBeGreaterThan(0);
    expect(threads()).toBeGreaterThan(before);
    break;
  }
  expect(threads()).toBe(before);
});

test('a file that is not there is an error', async () => {
  await expect(unzstdFile(join(folder, 'none'), 0).next()).rejects.toMatchObject({ code: 'ENOENT' });
});

/** Open message ports of threads keep a process alive. */
const threads = () => process.getActiveResourcesInfo().filter((kind) => kind === 'MessagePort').length;

function damaged(): Buffer {
  const bytes = Buffer.from(packed);
  bytes.fill(0xff, 20, 60);
  return bytes;
}
