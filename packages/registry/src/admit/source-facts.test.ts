import { Readable } from 'node:stream';
import type { Facts } from '@sluice/policy';
import { type BlobColumns, putCompressed, putSmallBlobs } from '@sluice/storage';
import { createTestCatalog, type TestCatalog, testRecord } from '@sluice/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { admitIndexDocument } from './index-document.ts';
import { readAhead, sourceFacts } from './source-facts.ts';

let catalog: TestCatalog;
let part: { source_id: number; subdir: string };
beforeEach(async () => {
  catalog = await createTestCatalog();
  const { sourceId } = await catalog.admit({
    'a-1-0.conda': testRecord('a', '1'),
    'b-1-0.conda': testRecord('b', '1'),
  });
  await catalog.admit({ 'a-1-0.conda': testRecord('a', '1', { size: 11 }) }, { sourceId });
  part = { source_id: sourceId, subdir: 'linux-64' };
});
afterEach(() => catalog.close());

const words = (facts: Facts) =>
  Array.from({ length: facts.count }, (_, i) => [facts.file(i), ...facts.recordHash.slice(i * 2, i * 2 + 2)].join());

const finish = () => ({ document_url: null, document_sha256: null, etag: null, last_modified: null, base_url: null });

async function forgetAll(): Promise<void> {
  await catalog.db.deleteFrom('facts').execute();
}

async function forgetLast(): Promise<void> {
  await catalog.db.deleteFrom('facts').where('revision', '=', 2).execute();
}

async function replaceByOtherFormat(): Promise<void> {
  const bytes = Buffer.from('the columns of an earlier release');
  const blob = await putCompressed(catalog.storage, { chunks: [bytes], bytes: bytes.length }, 1);
  await catalog.db
    .insertInto('blob')
    .values({ ...blob, created_at: catalog.now() })
    .execute();
  await catalog.db.updateTable('facts').set({ blob: blob.sha256, unpacked_bytes: bytes.length }).execute();
}

async function pointTo(blob: BlobColumns): Promise<void> {
  await catalog.db
    .insertInto('blob')
    .values({ ...blob, created_at: catalog.now() } as never)
    .execute();
  await catalog.db
    .updateTable('facts')
    .set({ blob: Buffer.from(blob.sha256), unpacked_bytes: blob.size })
    .execute();
}

const damage = async () => pointTo((await putSmallBlobs(catalog.storage, [Buffer.alloc(100, 7)]))[0]!);
const remove = () => pointTo({ sha256: Buffer.alloc(32, 7), size: 100, pack: null, pack_offset: null });

it.each([
  ['missing', forgetAll],
  ['damaged', damage],
  ['gone from the store', remove],
  ['missing for the last revision', forgetLast],
  ['of another format', replaceByOtherFormat],
])('columns that are %s are built from the records', async (_, lose) => {
  const exact = [await sourceFacts(catalog, part, 1), await sourceFacts(catalog, part, 2)].map((facts) =>
    words(facts!),
  );
  expect(exact.map(({ length }) => length)).toEqual([2, 1]);
  await lose();
  for (const revision of [2, 1, 2]) {
    const facts = await sourceFacts(catalog, part, revision);
    expect(words(facts!).sort()).toEqual(exact[revision - 1]!.sort());
  }
});

it('a part that was never admitted has none', async () => {
  expect(await sourceFacts(catalog, { ...part, subdir: 'noarch' }, 2)).toBeUndefined();
});

it('what was read ahead is what is compared with, and what a refresh made is what is judged', async () => {
  const ahead = await readAhead(catalog, part);
  expect(await sourceFacts(catalog, part, 1)).toBe(ahead);
  expect(await readAhead(catalog, { ...part, subdir: 'noarch' })).toBeUndefined();
  const held: Facts[] = [];
  const record = JSON.stringify(testRecord('c', '1'));
  await admitIndexDocument(
    { ...catalog, hold: (facts) => void held.push(facts) },
    {
      sourceId: part.source_id,
      subdir: 'noarch',
      document: () => Readable.from([Buffer.from(`{"packages.conda":{"c-1-0.conda":${record}}}`)]),
      finish,
    },
  );
  expect(held.map((facts) => facts.file(0))).toEqual(['c-1-0.conda']);
  expect(await sourceFacts(catalog, { ...part, subdir: 'noarch' }, 3)).toBe(held[0]);
});

it('an admission whose columns cannot be written leaves everything as it was', async () => {
  const lastOf = async () => (await catalog.db.selectFrom('source').select('revision').execute())[0]!.revision;
  const full = Object.assign(Object.create(catalog.storage), { receive: () => Promise.reject(new Error('disk full')) });
  const admitted = admitIndexDocument(
    { ...catalog, storage: full },
    {
      sourceId: part.source_id,
      subdir: 'noarch',
      document: () => Readable.from([Buffer.from('{}')]),
      finish,
    },
  );
  await expect(admitted).rejects.toThrow('disk full');
  expect(await lastOf()).toBe(2);
  expect(await sourceFacts(catalog, { ...part, subdir: 'noarch' }, 3)).toBeUndefined();
});
