import { randomBytes } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import { findChannelById, liveEntries } from '@sluice/catalog';
import { encodeShard } from '@sluice/formats/conda';
import { type PlacedBlob, type SharedBytes, StorageError } from '@sluice/storage';
import { createTestCatalog, type TestCatalog, type TestRecords, testRecord } from '@sluice/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { PublishDeps } from './deps.ts';
import { publishChannel } from './publish-channel.ts';
import { readShard } from './read-shard.ts';

let catalog: TestCatalog;
let channel: number;
let sourceId: number;
let mirror: string;
beforeEach(async () => {
  catalog = await createTestCatalog();
  ({ sourceId } = await catalog.admit({ ...records('a', 20), ...records('b', 20) }));
  channel = await catalog.addChannel('c');
  mirror = await catalog.addMirror(channel, sourceId);
  await publishChannel(catalog, channel, 'first');
});
afterEach(() => catalog.close());

function records(name: string, count: number, more: Record<string, unknown> = {}): TestRecords {
  const versions = Array.from({ length: count }, (_, i) => String(i));
  return Object.fromEntries(
    versions.map((version) => [`${name}-${version}-0.conda`, testRecord(name, version, more)] as const),
  );
}

type ReadMany = PublishDeps['storage']['readMany'];

/** Publish as if every name were one of many. @returns how many shards of the head were opened. */
async function publish(more: Partial<PublishDeps> = {}, readMany: ReadMany = catalog.storage.readMany) {
  let opened = 0;
  const storage = {
    ...catalog.storage,
    readMany: (into: SharedBytes, blobs: readonly PlacedBlob[]) => {
      opened += blobs.length;
      return readMany(into, blobs);
    },
  };
  const outcome = await publishChannel({ ...catalog, fewNames: 0, storage, ...more }, channel, 'deed');
  return { outcome, opened };
}

async function change(next: TestRecords): Promise<void> {
  const { revision } = await catalog.admit(next, { sourceId });
  await catalog.editMirror(mirror, { at_rev: revision });
}

async function filesOf(name: string): Promise<string[]> {
  const [entry] = await liveEntries(catalog.db, channel, 'shard', `linux-64/${name}`);
  const blob = await catalog.db
    .selectFrom('blob')
    .selectAll()
    .where('sha256', '=', entry!.blob)
    .executeTakeFirstOrThrow();
  return (await readShard(catalog.storage, { ...blob, key: entry!.key })).map(({ file }) => file);
}

async function expectAsFromScratch(): Promise<void> {
  expect(await publishChannel(catalog, channel, 'reindex', { from: 'scratch' })).toEqual({ status: 'unchanged' });
}

const replaced: TestRecords = {
  ...records('a', 20),
  ...records('b', 20),
  'a-7-0.conda': testRecord('a', '7', { license: 'GPL' }),
};

it('makes a shard out of the last one, where most of its records stay', async () => {
  await change(replaced);
  expect(await publish()).toMatchObject({ outcome: { added: 1, removed: 1, shards_written: 1 }, opened: 1 });
  await expectAsFromScratch();
  const { 'a-3-0.conda': _, ...fewer } = records('a', 20);
  await change({ ...records('b', 20), ...fewer, 'a-20-0.tar.bz2': testRecord('a', '20') });
  expect(await publish()).toMatchObject({ outcome: { added: 2, removed: 2, shards_written: 1 }, opened: 1 });
  expect(await filesOf('a')).toHaveLength(20);
  await expectAsFromScratch();
});

it('and where rules hide some of them', async () => {
  await catalog.editMirror(mirror, { filters: JSON.stringify({ exclude_specs: ['a=1', 'a=2', 'b=3'] }) });
  expect(await publish()).toMatchObject({ outcome: { removed: 3, shards_written: 2 }, opened: 2 });
  await expectAsFromScratch();
});

it.each([
  ['few stay', 15, {}],
  ['most are others', 20, { license: 'GPL' }],
])('makes it of its records where %s', async (_, count, more) => {
  await change({ ...records('b', 20), ...records('a', count, {}), ...records('a', Math.min(count, 11), more) });
  expect(await publish()).toMatchObject({ outcome: { shards_written: 1 }, opened: 0 });
  await expectAsFromScratch();
});

it('makes it of its records where those are at hand, or everything is to be made anew', async () => {
  await change(replaced);
  expect(await publish({ fewNames: 1000 })).toMatchObject({ outcome: { shards_written: 1 }, opened: 0 });
  await change({ ...records('a', 20), ...records('b', 20) });
  const storage = { ...catalog.storage, readMany: () => Promise.reject(new Error('read')) };
  const deps = { ...catalog, fewNames: 0, storage };
  expect(await publishChannel(deps, channel, 'reindex', { from: 'scratch' })).toMatchObject({ shards_written: 2 });
});

/** Something else than was asked for, in its place. */
const instead =
  (make: (size: number) => Uint8Array): ReadMany =>
  async (into, [blob]) =>
    into.set(make(blob!.ref.size).subarray(0, blob!.ref.size), blob!.at);
const other = encodeShard({ records: [], removed: ['a-1-0.conda'] });

it.each<[string, ReadMany]>([
  ['is not there', () => Promise.reject(new StorageError('blob_missing', 'Gone.'))],
  ['is damaged', () => Promise.reject(new StorageError('blob_corrupt', 'Damaged.'))],
  ['is no frame', instead(randomBytes)],
  ['is another one', instead(() => zstdCompressSync(other))],
])('makes it of its records where the last one %s', async (_, readMany) => {
  await change({ ...replaced, 'b-1-0.conda': testRecord('b', '1', { license: 'GPL' }) });
  expect(await publish({}, readMany)).toMatchObject({ outcome: { shards_written: 2 }, opened: 2 });
  await expectAsFromScratch();
});

it('makes them batch by batch, and those of their records last that could not be made out of the last ones', async () => {
  await change({ ...replaced, 'b-1-0.conda': testRecord('b', '1', { license: 'GPL' }) });
  let isFirst = true;
  const readMany: ReadMany = (into, blobs) => {
    if (!isFirst) return catalog.storage.readMany(into, blobs);
    isFirst = false;
    return Promise.reject(new StorageError('blob_missing', 'Gone.'));
  };
  const { outcome } = await publish({ batchRecords: 1 }, readMany);
  expect(outcome).toMatchObject({ added: 2, removed: 2, shards_written: 2 });
  await expectAsFromScratch();
});

it('says what else goes wrong, and moves no head', async () => {
  await change(replaced);
  await expect(publish({}, () => Promise.reject(new RangeError('bug')))).rejects.toThrow('bug');
  expect((await findChannelById(catalog.db, channel))!.head_no).toBe(1);
});
