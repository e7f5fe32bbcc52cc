import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { insertBlobs } from '@sluice/catalog';
import { blobRef, putCompressed } from '@sluice/storage';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { mendDocuments } from '../mend-documents.ts';
import { type HandMade, type HandRecord, handMade } from '../testing/hand-made.ts';
import { writeMonolith } from '../write-monolith.ts';

let made: HandMade;
beforeEach(async () => {
  made = await handMade(1);
});
afterEach(() => made.catalog.close());

const record = (version: string, license = 'MIT'): HandRecord => ({
  text: JSON.stringify({ build: '0', build_number: 0, depends: [], license, name: 'a', version }),
  runExports: '{"weak":["a"]}',
});

/** Publish these files, and write the documents as those of a large subdir. */
async function write(files: Record<string, HandRecord>, storage = made.catalog.storage): Promise<void> {
  await made.revise(0, { noarch: files });
  await made.publish(() => true);
  await writeMonolith({ ...made.catalog, storage, largeAbove: 0 }, made.channelId);
}

/** The digest of a document of a publication, in hex. */
async function digestOf(name: string, no: number): Promise<string> {
  const row = made.catalog.db.selectFrom('monolith').select('blob').where('key', '=', `noarch/${name}`);
  const { blob } = await row.where('no', '=', no).executeTakeFirstOrThrow();
  return Buffer.from(blob).toString('hex');
}

const documents = ['repodata.json.zst', 'run_exports.json.zst', 'newest.jsonl.zst', 'runs.jsonl.zst'];
documents.push('run_exports_runs.jsonl.zst');

/** The documents of a publication are those that are written of its records alone. */
async function expectAsFromScratch(no: number): Promise<void> {
  const written = await Promise.all(documents.map((name) => digestOf(name, no)));
  await made.catalog.db.deleteFrom('monolith').execute();
  await writeMonolith({ ...made.catalog, largeAbove: 0 }, made.channelId, no);
  expect(await Promise.all(documents.map((name) => digestOf(name, no)))).toEqual(written);
}

it.each(documents)('is not done where %s cannot be unpacked', async (name) => {
  await write({ 'a-1-0.conda': record('1'), 'a-2-0.conda': record('2') });
  const damaged = await digestOf(name, 1);
  const { storage } = made.catalog;
  let read = 0;
  const open: typeof storage.open = (ref, range) => {
    if (ref.sha256 !== damaged) return storage.open(ref, range);
    read++;
    return (async function* () {
      yield Buffer.from('no frame at all');
    })();
  };
  await write({ 'a-1-0.conda': record('1'), 'a-3-0.conda': record('3') }, { ...storage, open });
  expect(read).toBe(1);
  await expectAsFromScratch(2);
});

it('is not done where a byte of what would stay is another one', async () => {
  const { db, root, storage } = made.catalog;
  const long = record('1', Array.from({ length: 9000 }, (_, i) => (i * 2654435761) % 1e9).join());
  await write({ 'a-1-0.conda': long, 'a-2-0.conda': record('2') });
  const row = await db
    .selectFrom('monolith')
    .innerJoin('blob', 'blob.sha256', 'monolith.blob')
    .select(['blob.sha256', 'size', 'pack', 'pack_offset'])
    .where('key', '=', 'noarch/repodata.json.zst')
    .executeTakeFirstOrThrow();
  const bytes = Buffer.from(await storage.read(blobRef(row)));
  bytes[bytes.length >> 1]! ^= 4;
  await writeFile(join(root, storage.pathOf(blobRef(row))!), bytes);
  await write({ 'a-1-0.conda': long, 'a-3-0.conda': record('3') });
  await expectAsFromScratch(2);
});

it('is not done to mend documents whose bytes are others than they were', async () => {
  const { db, storage } = made.catalog;
  await write({ 'a-1-0.conda': record('1'), 'a-2-0.conda': record('2') });
  await write({ 'a-1-0.conda': record('1'), 'a-2-0.conda': record('2', 'BSD') });
  // What both publications list is one blob.
  expect(await digestOf('run_exports.json.zst', 2)).toBe(await digestOf('run_exports.json.zst', 1));
  const documentsOf = db.selectFrom('monolith').innerJoin('blob', 'blob.sha256', 'monolith.blob');
  const row = await documentsOf
    .select(['blob.sha256', 'size', 'pack', 'pack_offset'])
    .where('key', '=', 'noarch/run_exports.json.zst')
    .where('no', '=', 2)
    .executeTakeFirstOrThrow();
  const whole = Buffer.from(await storage.read(blobRef(row)));
  await writeFile(join(made.catalog.root, storage.pathOf(blobRef(row))!), Buffer.alloc(row.size, 7));
  expect(await mendDocuments({ ...made.catalog, largeAbove: 0 }, made.channelId)).toBe(1);
  expect(whole.equals(await storage.read(blobRef(row)))).toBe(true);
});

it('gives the same bytes where documents come in many pieces', async () => {
  const { storage } = made.catalog;
  let received = 0;
  const receive: typeof storage.receive = (options) => {
    received++;
    return storage.receive(options);
  };
  // Some that are handed on where they lie, some that are copied, and ends of pieces within them.
  const sized = (version: string, bytes: number) =>
    record(version, Array.from({ length: bytes / 10 }, (_, i) => `${version}${(i * 2654435761) % 1e8}`).join());
  const files = Object.fromEntries(
    [900_000, 20, 2_300_000, 40_000, 70_000, 500_000].flatMap((bytes, i) =>
      ['conda', 'tar.bz2'].map((ending) => [`a-${i}-0.${ending}`, sized(`${i}`, bytes)]),
    ),
  );
  await write(files);
  const { 'a-2-0.tar.bz2': _, ...left } = files;
  await write({ ...left, 'a-1-0.conda': record('1'), 'a-4-0.tar.bz2': sized('4', 90_000) }, { ...storage, receive });
  // Five and channeldata.json, none of them a second time.
  expect(received).toBe(6);
  await expectAsFromScratch(2);
});

it('is not done where the last documents take more than the publication says', async () => {
  await write({ 'a-1-0.conda': record('1', 'x'.repeat(4_000_000)), 'a-2-0.conda': record('2') });
  await write({ 'a-1-0.conda': record('1'), 'a-2-0.conda': record('2') });
  for (const name of ['repodata.json.zst', 'runs.jsonl.zst']) {
    const blob = Buffer.from(await digestOf(name, 1), 'hex');
    const row = made.catalog.db.updateTable('monolith').set({ blob }).where('key', '=', `noarch/${name}`);
    await row.where('no', '=', 2).execute();
  }
  await write({ 'a-1-0.conda': record('1'), 'a-3-0.conda': record('3') });
  await expectAsFromScratch(3);
});

it.each<[string, (text: string) => string]>([
  ['runs.jsonl.zst', (text) => text.replace(/,(\d+)\]\]/, ',,$1]]')],
  ['newest.jsonl.zst', (text) => text.slice(0, -1)],
])('is not done where %s says something else', async (name, change) => {
  const { db, storage, now } = made.catalog;
  await write({ 'a-1-0.conda': record('1'), 'a-2-0.conda': record('2') });
  const row = db.selectFrom('monolith').innerJoin('blob', 'blob.sha256', 'monolith.blob').selectAll('blob');
  const noted = await row.where('key', '=', `noarch/${name}`).executeTakeFirstOrThrow();
  const text = zstdDecompressSync(await storage.read(blobRef(noted))).toString();
  const changed = Buffer.from(change(text));
  expect(changed.toString()).not.toBe(text);
  const blob = await putCompressed(storage, { chunks: [changed], bytes: changed.length }, 1);
  await insertBlobs(db, [blob], now());
  const other = db.updateTable('monolith').set({ blob: Buffer.from(blob.sha256) });
  await other.where('key', '=', `noarch/${name}`).execute();
  await write({ 'a-1-0.conda': record('1'), 'a-3-0.conda': record('3') });
  await expectAsFromScratch(2);
});
