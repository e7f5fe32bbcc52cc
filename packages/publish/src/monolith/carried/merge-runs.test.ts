import { bucketOf, createRepodataWriter, repodataBuckets } from '@sluice/formats/conda';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DocumentRun, memberBytes, memberRun, type RunList, readRuns, runList } from '../document-runs.ts';
import { mergeRuns } from './merge-runs.ts';
import { movedMembers } from './moved-members.ts';

const frame = { info: { subdir: 'linux-64' }, removed: [] };
type Records = ReadonlyMap<string, string>;

const inOrder = (records: Records) =>
  Array.from(records, ([fn, text]) => ({ bucket: bucketOf(fn, false), fn, text })).sort(
    (a, b) => repodataBuckets.indexOf(a.bucket) - repodataBuckets.indexOf(b.bucket) || (a.fn < b.fn ? -1 : 1),
  );

function document(fill: (writer: ReturnType<typeof createRepodataWriter>, runs: RunList) => void) {
  const [chunks, runs]: [Uint8Array[], RunList] = [[], runList()];
  const writer = createRepodataWriter(frame, (chunk) => chunks.push(chunk));
  fill(writer, runs);
  writer.end();
  return { bytes: Buffer.concat(chunks), runs: runs.text() };
}

function written(records: Records) {
  return document((writer, runs) => {
    for (const { bucket, fn, text } of inOrder(records)) {
      writer.entry(bucket, fn, text);
      runs.add(memberRun(bucket, fn, writer.size(), memberBytes(fn.length, text.length)));
    }
  });
}

async function merged(before: Records, after: Records, cut: number, runsBefore?: DocumentRun[]) {
  const earlier = written(before);
  const dropped = new Set([...before].filter(([fn, text]) => after.get(fn) !== text).map(([fn]) => fn));
  const fresh = inOrder(new Map([...after].filter(([fn, text]) => before.get(fn) !== text)));
  let isRead = false;
  async function* pieces() {
    for (let at = 0; at < earlier.bytes.length; at += cut) {
      const piece = Buffer.from(earlier.bytes.subarray(at, at + cut));
      yield piece;
      // It is done with.
      piece.fill(0);
    }
    isRead = true;
  }
  const [ready, chunks, runs]: [Uint8Array[], Uint8Array[], RunList] = [[], [], runList()];
  const writer = createRepodataWriter(frame, (chunk) => ready.push(chunk));
  const entry = (...[bucket, fn, text]: Parameters<typeof writer.entry>) => {
    writer.entry(bucket, fn, text);
    return memberBytes(fn.length, text.length);
  };
  const come = fresh.map(({ text, ...place }) => ({ ...place, text: Buffer.from(text) }));
  const to = { writer: { ...writer, entry }, runs };
  const pass = mergeRuns(pieces(), runsBefore ?? readRuns(earlier.runs), movedMembers(dropped, come), to);
  for await (const _ of pass) chunks.push(Buffer.concat(ready.splice(0)));
  // Only the end says whether all was sound.
  expect(isRead).toBe(true);
  writer.end();
  return { bytes: Buffer.concat([...chunks, ...ready]), runs: runs.text() };
}

// Names of which one continues the other, so that their files stand between each other.
const fileName = fc
  .tuple(fc.constantFrom('a', 'a-1', 'a-1-0', 'b', 'b-b'), fc.nat(2), fc.nat(1), fc.constantFrom('conda', 'tar.bz2'))
  .map(([name, version, build, ending]) => `${name}-${version}-${build}.${ending}`);
const records = fc
  .array(fc.tuple(fileName, fc.constantFrom('{}', '{"a":{"b-1-0.conda":{}}}')), { maxLength: 24 })
  .map((entries): Records => new Map(entries));
const change = fc.array(fc.tuple(fileName, fc.constantFrom(undefined, '{}', '{"c":"},\\"a-1-0.conda\\":{"}')), {
  maxLength: 4,
});

test('an earlier document becomes the later one, wherever it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(records, change, fc.integer({ min: 1, max: 200 }), async (before, changes, cut) => {
      const after = new Map(before);
      for (const [fn, text] of changes)
        if (text === undefined) after.delete(fn);
        else after.set(fn, text);
      const { bytes, runs } = await merged(before, after, cut);
      const wanted = written(after);
      expect(bytes.toString()).toBe(wanted.bytes.toString());
      expect(runs.toString()).toBe(wanted.runs.toString());
    }),
    { numRuns: 300 },
  );
});

test.each<[string, (run: DocumentRun) => DocumentRun]>([
  ['begin elsewhere', (run) => ({ ...run, at: run.at + 1 })],
  ['are of other files', (run) => ({ ...run, first: 'a-9-0.conda' })],
  ['go beyond the end', (run) => ({ ...run, at: run.at + 10_000 })],
  ['stand before', (run) => ({ ...run, at: 0 })],
  ['take more', (run) => ({ ...run, sizes: '900' })],
  ['take less', (run) => ({ ...run, sizes: '3' })],
])('runs that %s are no runs of it', async (_, moved) => {
  const before = new Map([
    ['a-1-0.conda', '{}'],
    ['b-1-0.conda', '{}'],
  ]);
  const runs = [...readRuns(written(before).runs)].map(moved);
  // Something comes in behind the first, whose run is read.
  const after = new Map([...before, ['a-1-1.conda', '{}']]);
  await expect(merged(before, after, 50, runs)).rejects.toMatchObject({ code: 'monolith_drift' });
});
