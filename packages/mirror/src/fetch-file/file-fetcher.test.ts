import { createCipheriv, createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findOrCreateSource } from '@sluice/catalog';
import { type BuiltPackage, buildCondaPackage, startUpstreamServer, type UpstreamServer } from '@sluice/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Bench, openBench } from '../testing/bench.ts';
import { createFileFetcher, type Fetched, type FileFetcher, type Inflight, type WantedFile } from './file-fetcher.ts';

let folder: string;
let built: BuiltPackage;
let upstream: UpstreamServer;
let bench: Bench;
let fetchers: FileFetcher[];
let sourceId: number;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'channel-'));
  mkdirSync(join(folder, 'noarch'));
  // Bytes that do not compress, the same every time.
  const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(300_000));
  built = await buildCondaPackage({ name: 'demo', files: { 'share/noise.bin': noise } });
  expect(built.bytes.length).toBeGreaterThan(200_000);
});
afterAll(() => rmSync(folder, { recursive: true }));

beforeEach(async () => {
  writeFileSync(join(folder, 'noarch', built.fileName), built.bytes);
  upstream = await startUpstreamServer({ folder });
  bench = await openBench();
  fetchers = [];
  const source = await findOrCreateSource(
    bench.deps.db,
    { type: 'conda', url: upstream.url, proxy: null, credential: null, credential_key: null, ca: null, ca_key: null },
    new Date(),
  );
  sourceId = source.id;
});
afterEach(async () => {
  await Promise.all(fetchers.map((fetcher) => fetcher.close()));
  await upstream.close();
  await bench.close();
});

const path = () => `/noarch/${built.fileName}`;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

function fetcher(options = {}): FileFetcher {
  const made = createFileFetcher(bench.deps, { pollMs: 5, retryPauseMs: 1, ...options });
  fetchers.push(made);
  return made;
}

function wanted(expected?: WantedFile['expected']): WantedFile {
  return {
    part: { source_id: sourceId, subdir: 'noarch' },
    file: built.fileName,
    from_rev: 1,
    expected: expected ?? { sha256: sha256(built.bytes), size: built.bytes.length },
  };
}

function inflight(fetched: Fetched): Inflight {
  if (fetched.kind !== 'inflight') throw new Error(fetched.kind);
  return fetched;
}

async function bytes(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}

async function stored(): Promise<string[]> {
  const rows = await bench.deps.db.selectFrom('blob').select('sha256').execute();
  return rows.map((row) => Buffer.from(row.sha256).toString('hex'));
}

describe('a first request', () => {
  test('streams while it stores, and the next finds it here with the upstream off', async () => {
    upstream.fail(path(), { bytesPerSecond: 400_000 });
    const fetched = inflight(await fetcher().fetch(wanted()));
    expect(fetched.size).toBe(built.bytes.length);
    const reading = fetched.read()[Symbol.asyncIterator]();
    await reading.next();
    expect(await stored()).toEqual([]);
    while (!(await reading.next()).done);
    expect(await fetched.done).toEqual({ sha256: sha256(built.bytes), size: built.bytes.length });
    expect(await stored()).toEqual([sha256(built.bytes)]);
    await upstream.close();
    expect(await fetcher().fetch(wanted())).toEqual({ kind: 'local', sha256: sha256(built.bytes) });
  });

  test('a hundred at once ask the upstream once, and all get the same', async () => {
    upstream.fail(path(), { bytesPerSecond: 2_000_000 });
    const one = fetcher();
    const bodies = await Promise.all(
      Array.from({ length: 100 }, async () => bytes(inflight(await one.fetch(wanted())).read())),
    );
    expect(new Set(bodies.map(sha256))).toEqual(new Set([sha256(built.bytes)]));
    expect(upstream.count(path())).toBe(1);
  });

  test('in several processes ask the upstream once: the others wait for the bytes', async () => {
    upstream.fail(path(), { bytesPerSecond: 2_000_000 });
    const answers = await Promise.all([fetcher(), fetcher(), fetcher()].map((each) => each.fetch(wanted())));
    await Promise.all(answers.map((answer) => (answer.kind === 'inflight' ? answer.done : undefined)));
    expect(answers.map((answer) => answer.kind).sort()).toEqual(['inflight', 'local', 'local']);
    expect(upstream.count(path())).toBe(1);
  });

  test('does not wait for ever for a process that sleeps', async () => {
    let wake = () => {};
    upstream.fail(path(), { until: new Promise<void>((resolve) => (wake = resolve)), times: 1 });
    const sleeping = fetcher().fetch(wanted());
    await expect.poll(() => upstream.count(path())).toBe(1);
    const fetched = inflight(await fetcher({ waitMs: 50 }).fetch(wanted()));
    expect(sha256(await bytes(fetched.read()))).toBe(sha256(built.bytes));
    wake();
    await inflight(await sleeping).done;
  });

  test.each([
    ['the whole', undefined, 0, undefined],
    ['a beginning', { end: 1000 }, 0, 1000],
    ['a middle', { start: 70_000, end: 70_010 }, 70_000, 70_010],
    ['an end', { start: 150_000 }, 150_000, undefined],
    ['a single byte', { start: 5, end: 6 }, 5, 6],
  ])('may ask for %s', async (_, range, start, end) => {
    const fetched = inflight(await fetcher().fetch(wanted()));
    expect((await bytes(fetched.read(range))).equals(built.bytes.subarray(start, end))).toBe(true);
  });

  test('that leaves does not end the transfer', async () => {
    upstream.fail(path(), { bytesPerSecond: 2_000_000 });
    const fetched = inflight(await fetcher().fetch(wanted()));
    const leaving = new AbortController();
    const reading = fetched.read(undefined, leaving.signal)[Symbol.asyncIterator]();
    await reading.next();
    leaving.abort(new Error('gone'));
    await expect(
      (async () => {
        while (!(await reading.next()).done);
      })(),
    ).rejects.toThrow('gone');
    expect((await fetched.done).size).toBe(built.bytes.length);
  });

  test('of a record without digests remembers the one we computed', async () => {
    const one = fetcher();
    await inflight(await one.fetch(wanted({}))).done;
    expect(await fetcher().fetch(wanted({}))).toEqual({ kind: 'local', sha256: sha256(built.bytes) });
    const digests = await bench.deps.db.selectFrom('record_digest').select(['file', 'from_rev']).execute();
    expect(digests).toEqual([{ file: built.fileName, from_rev: 1 }]);
  });

  test('of a record with only an md5 is judged by it', async () => {
    const md5 = createHash('md5').update(built.bytes).digest('hex');
    await inflight(await fetcher().fetch(wanted({ md5 }))).done;
    await expect(
      inflight(await fetcher().fetch({ ...wanted({ md5: '0'.repeat(32) }), from_rev: 2 })).done,
    ).rejects.toMatchObject({ code: 'digest_mismatch' });
  });
});

describe('an upstream that fails', () => {
  test.each([
    ['down', { status: 500 }, 'upstream_unavailable'],
    ['without the file', { status: 404 }, 'upstream_missing'],
    ['that denies it', { status: 403 }, 'upstream_denied'],
  ])('%s: an error before the first byte, and another try later', async (_, fault, code) => {
    upstream.fail(path(), fault);
    const one = fetcher();
    await expect(one.fetch(wanted())).rejects.toMatchObject({ code });
    upstream.reset();
    expect((await bytes(inflight(await one.fetch(wanted())).read())).length).toBe(built.bytes.length);
  });

  test('with another size says so before the first byte', async () => {
    await expect(fetcher().fetch(wanted({ sha256: sha256(built.bytes), size: 7 }))).rejects.toMatchObject({
      code: 'size_mismatch',
      wanted: '7 bytes',
    });
  });

  test('with wrong bytes: nothing is stored, and no reader gets a whole answer', async () => {
    upstream.fail(path(), { wrongBytes: true });
    const fetched = inflight(await fetcher().fetch(wanted()));
    for (const range of [undefined, { start: 0, end: 10 }, { start: 1000, end: 100_000 }]) {
      let got = 0;
      await expect(
        (async () => {
          for await (const part of fetched.read(range)) got += part.length;
        })(),
      ).rejects.toMatchObject({ code: 'digest_mismatch' });
      const asked = (range?.end ?? built.bytes.length) - (range?.start ?? 0);
      expect(got).toBeLessThan(asked);
    }
    await expect(fetched.done).rejects.toMatchObject({ code: 'digest_mismatch' });
    expect(await stored()).toEqual([]);
    upstream.reset();
    expect((await bytes(inflight(await fetchers[0]!.fetch(wanted())).read())).length).toBe(built.bytes.length);
  });

  test('that breaks off is asked to go on; when it cannot, readers get an error', async () => {
    upstream.fail(path(), { cutAfter_bytes: 100_000, times: 1 });
    const mended = inflight(await fetcher().fetch(wanted()));
    expect(sha256(await bytes(mended.read()))).toBe(sha256(built.bytes));
    expect(upstream.asked.at(-1)!.headers.range).toBe('bytes=100000-');

    await bench.database.pool.query('truncate blob cascade');
    upstream.fail(path(), { cutAfter_bytes: 1000 });
    const broken = inflight(await fetcher().fetch(wanted()));
    await expect(bytes(broken.read())).rejects.toMatchObject({ code: 'upstream_unavailable' });
  });

  test('that gives no package: nothing is stored', async () => {
    const junk = Buffer.alloc(100_000, 'no zip');
    writeFileSync(join(folder, 'noarch', built.fileName), junk);
    const fetched = inflight(await fetcher().fetch(wanted({ sha256: sha256(junk), size: junk.length })));
    await expect(bytes(fetched.read())).rejects.toMatchObject({ code: 'archive_refused' });
    expect(await stored()).toEqual([]);
  });

  test('a source that is gone is an error of its own', async () => {
    await expect(fetcher().fetch({ ...wanted(), part: { source_id: 999, subdir: 'noarch' } })).rejects.toMatchObject({
      code: 'mirror_missing',
    });
  });
});

test('closing ends what is under way', async () => {
  upstream.fail(path(), { bytesPerSecond: 10_000 });
  const one = fetcher();
  const fetched = inflight(await one.fetch(wanted()));
  await one.close();
  await expect(fetched.done).rejects.toMatchObject({ code: 'upstream_unavailable' });
  await expect(bytes(fetched.read())).rejects.toMatchObject({ code: 'upstream_unavailable' });
});
