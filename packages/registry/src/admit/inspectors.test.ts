import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildCondaPackage } from '@sluice/testkit';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { folderRecord } from './folder-record.ts';
import { type Inspectors, openInspectors } from './inspectors.ts';

let folder: string;
let files: string[];
let inspectors: Inspectors | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inspectors-'));
  files = [];
  for (let i = 0; i < 40; i++) {
    // One is larger than what is read at once.
    const content = randomBytes(i === 7 ? 200_000 : 200);
    const { fileName, bytes } = await buildCondaPackage({
      name: 'tool',
      version: `1.${i}`,
      subdir: 'linux-64',
      format: i % 5 === 0 ? 'tar.bz2' : 'conda',
      runExports: { weak: [`tool >=1.${i}`] },
      files: { 'share/tool': content },
    });
    await writeFile(join(folder, fileName), bytes);
    files.push(fileName);
  }
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => inspectors?.close());

function opened(options: Parameters<typeof openInspectors>[0]): Inspectors {
  inspectors = openInspectors(options);
  return inspectors;
}

/** Plain bytes, of whatever kind of array. */
function plain({ body, sha256, extra, small, ...rest }: Awaited<ReturnType<typeof folderRecord>>) {
  const hex = (bytes: Uint8Array | null) => bytes && Buffer.from(bytes).toString('hex');
  return {
    ...rest,
    body: hex(body),
    sha256: hex(sha256),
    extra: hex(extra),
    small: small && {
      bytes: hex(small.bytes),
      inspection: { ...small.inspection, sha256: hex(small.inspection.sha256) },
    },
  };
}

test('threads find what is found here, each file its own', async () => {
  const { inspect } = opened({ threads: 2 });
  const found = await Promise.all(files.map((file) => inspect(join(folder, file), file, 'linux-64')));
  const here = await Promise.all(files.map((file) => folderRecord(join(folder, file), file, 'linux-64')));
  expect(found.map(plain)).toEqual(here.map(plain));
  expect(here.filter(({ small }) => !small)).toHaveLength(1);
});

test('a file that is no package, or is not there, is refused alone and with the same words', async () => {
  const { inspect } = opened({ threads: 1, limits: { entries: 100 } });
  await writeFile(join(folder, 'bad-1-0.conda'), 'no zip');
  const names = [files[0]!, 'bad-1-0.conda', 'gone-1-0.conda', files[1]!];
  const outcome = (open: typeof inspect) =>
    Promise.allSettled(names.map((file) => open(join(folder, file), file, 'linux-64'))).then((results) =>
      results.map((one) => (one.status === 'fulfilled' ? one.value.file : [one.reason.message, one.reason.code])),
    );
  const found = await outcome(inspect);
  expect(found).toEqual(await outcome(folderRecord));
  expect(found).toMatchObject([
    files[0],
    [expect.any(String), 'not_an_archive'],
    [expect.any(String), 'ENOENT'],
    files[1],
  ]);
});

test('limits hold on the threads', async () => {
  const { inspect } = opened({ threads: 1, limits: { entries: 1 } });
  await expect(inspect(join(folder, files[0]!), files[0]!, 'linux-64')).rejects.toMatchObject({
    code: 'too_many_entries',
  });
});

test('a thread that dies says so to all that waits, and to whoever asks later', async () => {
  const { inspect } = opened({
    threads: 2,
    entry: new URL('data:text/javascript,process.exit(3)'),
  });
  const asked = files.map((file) => inspect(join(folder, file), file, 'linux-64'));
  for (const one of asked) await expect(one).rejects.toMatchObject({ name: 'RegistryError', code: 'inspector_died' });
  await expect(inspect(join(folder, files[0]!), files[0]!, 'linux-64')).rejects.toMatchObject({
    code: 'inspector_died',
  });
});

test('closing gives up what is under way', async () => {
  const { inspect, close } = openInspectors({ threads: 1 });
  const asked = inspect(join(folder, files[0]!), files[0]!, 'linux-64').catch((error: unknown) => error);
  await close();
  expect(await asked).toMatchObject({ code: 'inspector_died' });
});
