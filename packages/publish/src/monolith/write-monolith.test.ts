import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { deleteSpareRows, documentsAt, headDocuments, insertBlobs, withFreeLock, withLock } from '@sluice/catalog';
import { decodeShard } from '@sluice/formats/conda';
import { blobRef, putCompressed } from '@sluice/storage';
import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import { type HandMade, type HandSource, handMade } from './testing/hand-made.ts';
import { writeMonolith } from './write-monolith.ts';

let made: HandMade;
afterEach(() => made.catalog.close());

const text = (name: string, version: string, more: object = {}) =>
  JSON.stringify({ build: '0', build_number: 0, depends: [], name, subdir: 'linux-64', version, ...more });
const all = () => true;

const shelf: HandSource = {
  'linux-64': {
    'a-1.0-0.conda': { text: text('a', '1.0'), runExports: '{"weak":["a >=1"]}' },
    'a-1.0-0.tar.bz2': { text: text('a', '1.0') },
    'a-1.10-0.conda': { text: text('a', '1.10', { license: 'MIT', timestamp: 5 }), runExports: '{}' },
    'a-1.9-0.conda': { text: ` {"name": "a", "version" : "1.9","build":"0"} ` },
    'b-b-2-0.conda': { text: text('b-b', '2', { indexed_timestamp: 1700000000000 }), v3: true },
    'b-b-2-0_x.conda': { text: text('b-b', '2', { indexed_timestamp: 1600000000000 }), v3: true },
    'b-b-2-0.tar.bz2': { text: text('b-b', '2'), v3: true, runExports: '{"strong":["b"]}' },
  },
  noarch: { 'n-1-0.conda': { text: text('n', '1') } },
};

/** The lock falls with the connection of the one that failed, a moment after the failure is told. */
const isFree = () =>
  expect.poll(() => withFreeLock(made.catalog.pool, 'monolith', made.channelId, async () => 'free')).toBe('free');

/** The documents by key, unpacked, with their stored digests. */
async function documents(no?: number): Promise<Record<string, string>> {
  const { db, storage } = made.catalog;
  const rows =
    no === undefined ? await headDocuments(db, made.channelId) : (await documentsAt(db, made.channelId, no)).rows;
  const texts: Record<string, string> = {};
  for (const row of rows.filter(({ kind }) => kind === 'document').toSorted((a, b) => (a.key < b.key ? -1 : 1))) {
    texts[row.key] = zstdDecompressSync(await storage.read(blobRef(row))).toString();
  }
  return texts;
}

/** What the shards of publication `no` list of a subdir: bucket, key → record. */
async function shardRecords(subdir: string, no: number) {
  const { db, storage } = made.catalog;
  const rows = await db
    .selectFrom('entry')
    .innerJoin('blob', 'blob.sha256', 'entry.blob')
    .selectAll('blob')
    .where('kind', '=', 'shard')
    .where('key', 'like', `${subdir}/%`)
    .where('from_no', '<=', no)
    .where((eb) => eb.or([eb('to_no', 'is', null), eb('to_no', '>', no)]))
    .execute();
  const listed: Record<string, unknown> = {};
  for (const row of rows) {
    for (const { bucket, fn, record } of decodeShard(zstdDecompressSync(await storage.read(blobRef(row)))).records) {
      listed[`${bucket} ${bucket.startsWith('v3') ? fn.replace(/\.(conda|tar\.bz2)$/, '') : fn}`] = record;
    }
  }
  return listed;
}

function recordsOf(repodata: string): Record<string, unknown> {
  const document = JSON.parse(repodata);
  const listed: Record<string, unknown> = {};
  for (const [bucket, map] of Object.entries({
    packages: document.packages,
    'packages.conda': document['packages.conda'],
    'v3.conda': document.v3?.conda ?? {},
    'v3.tar.bz2': document.v3?.['tar.bz2'] ?? {},
  })) {
    for (const [key, record] of Object.entries(map as object)) listed[`${bucket} ${key}`] = record;
  }
  return listed;
}

it('writes every document of a subdir, each record where it belongs and byte for byte', async () => {
  made = await handMade(1);
  await made.revise(0, shelf);
  await made.publish(all);
  expect(await documents()).toEqual({});
  expect(await writeMonolith(made.catalog, made.channelId)).toEqual({ status: 'written', no: 1, documents: 9 });
  const written = await documents();
  expect(Object.keys(written)).toEqual([
    'channeldata.json.zst',
    ...['linux-64', 'noarch'].flatMap((subdir) =>
      ['current_repodata.json', 'newest.jsonl', 'repodata.json', 'run_exports.json'].map(
        (name) => `${subdir}/${name}.zst`,
      ),
    ),
  ]);
  const linux = shelf['linux-64']!;
  const of = (file: string) => `:${linux[file]!.text}`;
  expect(written['linux-64/repodata.json.zst']).toBe(
    '{"info":{"repodata_revisions":{"v3":{"n_packages":3,"newest":1700000000000,"oldest":1600000000000}},' +
      `"subdir":"linux-64"},"packages":{"a-1.0-0.tar.bz2"${of('a-1.0-0.tar.bz2')}},` +
      `"packages.conda":{"a-1.0-0.conda"${of('a-1.0-0.conda')},"a-1.10-0.conda"${of('a-1.10-0.conda')},` +
      `"a-1.9-0.conda"${of('a-1.9-0.conda')}},"removed":[],"repodata_version":1,` +
      `"v3":{"conda":{"b-b-2-0"${of('b-b-2-0.conda')},"b-b-2-0_x"${of('b-b-2-0_x.conda')}},` +
      `"tar.bz2":{"b-b-2-0"${of('b-b-2-0.tar.bz2')}}}}`,
  );
  expect(JSON.parse(written['linux-64/run_exports.json.zst']!)).toMatchObject({
    packages: {},
    'packages.conda': {
      'a-1.0-0.conda': { run_exports: { weak: ['a >=1'] } },
      'a-1.10-0.conda': { run_exports: {} },
    },
  });
  const current = JSON.parse(written['linux-64/current_repodata.json.zst']!);
  expect(Object.keys(current['packages.conda'])).toEqual(['a-1.10-0.conda']);
  const { packages } = JSON.parse(written['channeldata.json.zst']!);
  expect(Object.keys(packages)).toEqual(['a', 'b-b', 'n']);
  expect(packages.a).toMatchObject({ version: '1.10', license: 'MIT', reference_package: 'linux-64/a-1.10-0.conda' });
  expect(await writeMonolith(made.catalog, made.channelId)).toEqual({ status: 'unchanged', no: 1 });
});

it('states the exact size in the frame of repodata.json', async () => {
  made = await handMade(1);
  await made.revise(0, shelf);
  await made.publish((_, file) => !file.startsWith('b'));
  await writeMonolith(made.catalog, made.channelId);
  const row = (await headDocuments(made.catalog.db, made.channelId)).find(
    (one) => one.key === 'noarch/repodata.json.zst',
  );
  const frame = Buffer.from(await made.catalog.storage.read(blobRef(row!)));
  // One byte of size less 256 as two would be: a document this small has a one- or two-byte field.
  const flag = frame[4]! >> 6;
  const stated = flag === 0 ? frame[5]! : frame.readUInt16LE(5) + 256;
  expect(stated).toBe(zstdDecompressSync(frame).byteLength);
});

it('reads only subdirs that changed, and carries the rest', async () => {
  made = await handMade(1);
  await made.revise(0, shelf);
  await made.publish(all);
  await writeMonolith(made.catalog, made.channelId);
  await made.revise(0, { ...shelf, noarch: { 'n-2-0.conda': { text: text('n', '2') } } });
  await made.publish(all);
  const before = await documents();
  // What stands in the head's documents stays one number until all of the next are there.
  expect(before).toEqual(await documents(1));
  expect(await writeMonolith(made.catalog, made.channelId)).toEqual({ status: 'written', no: 2, documents: 5 });
  const after = await documents();
  expect(after['linux-64/repodata.json.zst']).toBe(before['linux-64/repodata.json.zst']);
  expect(Object.keys(JSON.parse(after['channeldata.json.zst']!).packages)).toEqual(['a', 'b-b', 'n']);
  expect(Object.keys(recordsOf(after['noarch/repodata.json.zst']!))).toEqual(['packages.conda n-2-0.conda']);
});

it.each(['gone', 'damaged'])('writes a subdir again of which the list of the newest files is %s', async (what) => {
  made = await handMade(1);
  const { db, root, storage } = made.catalog;
  await made.revise(0, shelf);
  await made.publish(all);
  await writeMonolith(made.catalog, made.channelId);
  const before = await documents();
  const row = (await documentsAt(db, made.channelId, 1)).rows.find(({ key }) => key === 'linux-64/newest.jsonl.zst')!;
  if (what === 'gone') await storage.delete(blobRef(row));
  else await writeFile(join(root, storage.pathOf(blobRef(row))!), Buffer.alloc(row.size, 7));
  await made.revise(0, { ...shelf, noarch: { 'n-2-0.conda': { text: text('n', '2') } } });
  await made.publish(all);
  expect(await writeMonolith(made.catalog, made.channelId)).toMatchObject({ status: 'written', no: 2 });
  const after = await documents();
  expect(after['linux-64/newest.jsonl.zst']).toBe(before['linux-64/newest.jsonl.zst']);
  expect(Object.keys(JSON.parse(after['channeldata.json.zst']!).packages)).toEqual(['a', 'b-b', 'n']);
});

it('carries a large subdir over from its last documents, and reads only what differs', async () => {
  made = await handMade(1);
  const { catalog, channelId } = made;
  const large = { ...catalog, largeAbove: 0 };
  const { 'a-1.9-0.conda': changed, ...others } = Object.fromEntries(
    Object.entries(shelf['linux-64']!).filter(([, { v3 }]) => !v3),
  );
  const rest = { ...others, 'd-1-0.conda': { text: text('d', '1') } };
  await made.revise(0, { 'linux-64': { ...rest, 'a-1.9-0.conda': changed! } });
  await made.publish(all);
  await writeMonolith(large, channelId);
  const later = {
    'a-1.9-0.conda': { text: text('a', '1.9'), runExports: '{}' },
    'c-1-0.conda': { text: text('c', '1') },
  };
  await made.revise(0, { 'linux-64': { ...rest, ...later } });
  await made.publish((_, file) => file !== 'a-1.10-0.conda');
  const unread = await catalog.db.deleteFrom('record').where('file', '=', 'd-1-0.conda').executeTakeFirst();
  expect(Number(unread.numDeletedRows)).toBe(1);
  await writeMonolith(large, channelId);
  const written = await documents();
  expect(recordsOf(written['linux-64/repodata.json.zst']!)).toEqual(await shardRecords('linux-64', 2));
  expect(Object.keys(JSON.parse(written['linux-64/run_exports.json.zst']!)['packages.conda'])).toEqual([
    'a-1.0-0.conda',
    'a-1.9-0.conda',
  ]);
  const { packages } = JSON.parse(written['channeldata.json.zst']!);
  expect(packages).toMatchObject({ a: { version: '1.9' }, c: { version: '1' } });
});

it.each([
  ['are missing', undefined],
  ['are lost', null],
  ['are those of another document', '[5,9,1,"a-1-0.conda",[9]]\n'],
  ['say that its members take something else', '[60,205,2,"a-1-0.conda",[9,9]]\n'],
  ['are no runs at all', '[5,9,'],
  ['are of another shape', '{}\n'],
])('reads a large subdir anew where the runs of its last documents %s', async (_, runs) => {
  made = await handMade(1);
  const { catalog, channelId } = made;
  const large = { ...catalog, largeAbove: 0 };
  await made.revise(0, {
    noarch: { 'a-1-0.conda': { text: text('a', '1') }, 'b-1-0.conda': { text: text('b', '1') } },
  });
  await made.publish(all);
  await writeMonolith(large, channelId);
  const noted = catalog.db.updateTable('monolith').where('key', '=', 'noarch/runs.jsonl.zst');
  if (runs === undefined) await noted.set({ key: 'noarch/other.zst' }).execute();
  else {
    const bytes = Buffer.from(runs ?? '');
    const stored = await putCompressed(catalog.storage, { chunks: [bytes], bytes: bytes.length }, 1);
    const blob = runs === null ? { ...stored, sha256: Buffer.alloc(32, 7) } : stored;
    await insertBlobs(catalog.db, [blob], catalog.now());
    await noted.set({ blob: Buffer.from(blob.sha256) }).execute();
  }
  await made.revise(0, {
    noarch: { 'a-1-0.conda': { text: text('a', '1') }, 'b-2-0.conda': { text: text('b', '2') } },
  });
  await made.publish(all);
  await writeMonolith(large, channelId);
  const written = await documents();
  expect(recordsOf(written['noarch/repodata.json.zst']!)).toEqual(await shardRecords('noarch', 2));
  expect(written['noarch/runs.jsonl.zst']).toMatch(
    /^\[\d+,\d+,1,"a-1-0\.conda",\[\d+\]\]\n\[\d+,\d+,1,"b-2-0\.conda",\[\d+\]\]\n$/,
  );
});

it.each([
  ['was large', 0, 50_000],
  ['was not large yet', 50_000, 0],
])('writes the documents of a past in which a subdir %s once more after they were collected', async (_, then, now) => {
  made = await handMade(1);
  const { catalog, channelId } = made;
  await made.revise(0, { noarch: { 'a-1-0.conda': { text: text('a', '1') } } });
  await made.publish(all);
  await writeMonolith({ ...catalog, largeAbove: then }, channelId);
  const before = await documents(1);
  await made.revise(0, { noarch: { 'a-2-0.conda': { text: text('a', '2') } } });
  await made.publish(all);
  await writeMonolith({ ...catalog, largeAbove: now }, channelId);
  const served = await documents();
  await deleteSpareRows(catalog.db, 'monolith', new Date(catalog.now().getTime() + 2 * 86_400_000), 100);
  expect(await documents()).toEqual(served);
  await writeMonolith({ ...catalog, largeAbove: then }, channelId, 1);
  expect(await documents(1)).toEqual(before);
});

it('shows a file that two layers have alike once', async () => {
  made = await handMade(2);
  await made.revise(0, shelf);
  await made.revise(1, shelf);
  await made.publish(all);
  await writeMonolith(made.catalog, made.channelId);
  expect(recordsOf((await documents())['linux-64/repodata.json.zst']!)).toEqual(await shardRecords('linux-64', 1));
});

it('makes no document when the records are not those of the publication', async () => {
  made = await handMade(1);
  const { catalog, channelId } = made;
  await made.revise(0, shelf);
  await made.publish(all);
  await catalog.db.deleteFrom('record').where('file', '=', 'a-1.9-0.conda').execute();
  await expect(writeMonolith(catalog, channelId)).rejects.toMatchObject({
    code: 'monolith_drift',
    wanted: '3 records in packages.conda',
    found: '2',
  });
  expect(await documents()).toEqual({});
  await catalog.db.updateTable('entry').set({ buckets: null }).where('kind', '=', 'shard').execute();
  await isFree();
  await expect(writeMonolith(catalog, channelId)).rejects.toMatchObject({ code: 'monolith_uncounted' });
});

it('gives up quietly on a publication that is dropped meanwhile, and on a channel that is deleted', async () => {
  const deeds: [no: number | undefined, deed: (db: HandMade['catalog']['db']) => Promise<unknown>][] = [
    [1, (db) => db.deleteFrom('publication').where('no', '=', 1).execute()],
    [undefined, (db) => db.updateTable('channel').set({ deleted_at: new Date() }).execute()],
  ];
  for (const [no, deed] of deeds) {
    made = await handMade(1);
    const { catalog, channelId } = made;
    await made.revise(0, shelf);
    await made.publish(all);
    await made.publish((_, file) => !file.startsWith('a-1.9'));
    const storage = {
      ...catalog.storage,
      receive: async () => {
        // As collections and deletions do: first what says that it is there, then its rows.
        await deed(catalog.db);
        for (const table of ['entry', 'record'] as const) await catalog.db.deleteFrom(table).execute();
        return catalog.storage.receive();
      },
    };
    expect(await writeMonolith({ ...catalog, storage }, channelId, no)).toEqual({ status: 'missing' });
    if (no) await catalog.close();
  }
});

it('does not write twice at once', async () => {
  made = await handMade(1);
  const { catalog, channelId } = made;
  await made.revise(0, shelf);
  await made.publish(all);
  await withLock(catalog.pool, 'monolith', channelId, async () => {
    expect(await writeMonolith(catalog, channelId)).toEqual({ status: 'busy' });
  });
  const two = await Promise.all([writeMonolith(catalog, channelId), writeMonolith(catalog, channelId)]);
  expect(two.map(({ status }) => status).filter((status) => status === 'written')).toHaveLength(1);
  expect(await writeMonolith(catalog, 999)).toEqual({ status: 'missing' });
  expect(await writeMonolith(catalog, channelId, 9)).toEqual({ status: 'missing' });
});

it('keeps the last documents serving when it dies on the way', async () => {
  made = await handMade(1);
  const { catalog, channelId } = made;
  await made.revise(0, shelf);
  await made.publish(all);
  await writeMonolith(catalog, channelId);
  const before = await documents();
  await made.revise(0, { ...shelf, noarch: {} });
  await made.publish((_, file) => !file.startsWith('a-1.9'));
  // Every step that leaves something behind fails once: storing bytes, and the transaction.
  for (let failing = 0; failing < 3; failing++) {
    let calls = 0;
    const storage = {
      ...catalog.storage,
      receive: async () => {
        if (calls++ === failing) throw new Error('killed');
        return catalog.storage.receive();
      },
    };
    await expect(writeMonolith({ ...catalog, storage }, channelId)).rejects.toThrow('killed');
    await isFree();
    expect(await documents()).toEqual(before);
  }
  const now = () => {
    throw new Error('killed');
  };
  await expect(writeMonolith({ ...catalog, now }, channelId)).rejects.toThrow('killed');
  await isFree();
  expect(await documents()).toEqual(before);
  expect(await writeMonolith(catalog, channelId)).toMatchObject({ status: 'written', no: 2 });
  expect(Object.keys(await documents())).not.toContain('noarch/repodata.json.zst');
});

it.each<[string, boolean, object]>([
  ['to the byte, whatever came after', true, {}],
  // Documents of large subdirs are made of earlier ones where there are such, and of the records alone at the end.
  ['also large ones, carried over from others', false, { largeAbove: 0 }],
])('writes any kept publication again, %s', async (_, hasV3, large) => {
  // Files of a-1 stand in front of, between and behind those of a.
  const files = ['a-1-0.conda', 'a-1-0-0.conda', 'a-1-0.tar.bz2', 'a-1-1-0.conda', 'a-2-0.conda', 'b-1-0.conda'];
  files.push('b-1-0_x.conda', 'b-1-1.tar.bz2');
  const record = fc.record({
    depends: fc.constantFrom('x', 'y'),
    v3: hasV3 ? fc.boolean() : fc.constant(false),
    runExports: fc.constantFrom(undefined, '{}', '{"weak":["z"]}'),
    timestamp: fc.constantFrom(undefined, 1_600_000_000_000, 1_700_000_000_000),
  });
  const source = fc.dictionary(fc.constantFrom(...files), record, { maxKeys: files.length });
  const step = fc.record({
    revise: fc.array(fc.record({ layer: fc.nat(1), 'linux-64': source, noarch: source }), { maxLength: 2 }),
    hidden: fc.subarray(files),
    // Mostly, so that documents are made of others again and again.
    writes: fc.nat(4).map((one) => one > 0),
  });
  // Each history closes the one before; the last is left to afterEach, whether it failed or not.
  made = await handMade(2);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6, size: 'max' }), async (steps) => {
      await made.catalog.close();
      made = await handMade(2);
      const { catalog, channelId } = made;
      const first = new Map<number, Record<string, string>>();
      let last = 0;
      for (const { revise, hidden, writes } of steps) {
        for (const { layer, ...subdirs } of revise) await made.revise(layer, handSource(subdirs));
        last = await made.publish((_, file) => !hidden.includes(file));
        if (!writes) continue;
        await writeMonolith({ ...catalog, ...large }, channelId);
        first.set(last, await documents());
        expect(await documents(last)).toEqual(first.get(last));
      }
      await catalog.db.deleteFrom('monolith').execute();
      for (let no = last; no >= 1; no--) {
        const missing = (await documentsAt(catalog.db, channelId, no)).missing;
        const outcome = await writeMonolith({ ...catalog, ...large }, channelId, no);
        expect(outcome.status).toBe(missing.length === 0 ? 'unchanged' : 'written');
        expect((await documentsAt(catalog.db, channelId, no)).missing).toEqual([]);
        const again = await documents(no);
        if (first.has(no)) expect(again).toEqual(first.get(no));
        for (const subdir of ['linux-64', 'noarch']) {
          const repodata = again[`${subdir}/repodata.json.zst`];
          expect(repodata ? recordsOf(repodata) : {}).toEqual(await shardRecords(subdir, no));
        }
      }
    }),
    { numRuns: 5 },
  );
});

function handSource(
  subdirs: Record<
    string,
    Record<string, { depends: string; v3: boolean; runExports: string | undefined; timestamp: number | undefined }>
  >,
) {
  const source: HandSource = {};
  for (const [subdir, records] of Object.entries(subdirs)) {
    source[subdir] = {};
    for (const [file, { depends, v3, runExports, timestamp }] of Object.entries(records)) {
      const [, name = '', version = '', build = ''] = /^(.+)-([^-]+)-([^-.]+)\./.exec(file)!;
      source[subdir][file] = {
        text: text(name, version, { build, depends: [depends], timestamp }),
        v3,
        ...(runExports !== undefined && { runExports }),
      };
    }
  }
  return source;
}
