import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { constants, zstdCompressSync } from 'node:zlib';
import { findChannelById, noOrigin } from '@sluice/catalog';
import { encodeShard, type ShardRecord } from '@sluice/formats/conda';
import { parseSha256 } from '@sluice/formats/digest';
import { mendDocuments, publishChannel, writeMonolith } from '@sluice/publish';
import { blobRef } from '@sluice/storage';
import { buildCondaPackage, buildWheel, createTestCatalog, type TestCatalog, testRecord } from '@sluice/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { admitShardFiles, admitShards } from '../../admit/shards.ts';
import { setPatches } from '../../patches/change-patches.ts';
import { patchWish } from '../../patches/patch-wish.ts';
import { check, collect } from '../testing/run-maintenance.ts';

let catalog: TestCatalog;
let channel: number;
beforeEach(async () => {
  catalog = await createTestCatalog();
  channel = await catalog.addChannel('c');
  const records = { 'a-1-0.conda': testRecord('a', '1'), 'b-1-0.tar.bz2': testRecord('b', '1') };
  const { sourceId } = await catalog.admit(records);
  await catalog.addMirror(channel, sourceId);
  await publishChannel(catalog, channel, 'run');
  await writeMonolith(catalog, channel);
});
afterEach(() => catalog.close());

const run = (text: string) => catalog.pool.query(text);

async function blobOf(key: string) {
  return catalog.db
    .selectFrom('entry')
    .innerJoin('blob', 'blob.sha256', 'entry.blob')
    .select(['blob.sha256', 'size', 'pack', 'pack_offset'])
    .where('key', '=', key)
    .executeTakeFirstOrThrow();
}

it('finds nothing where nothing is wrong', async () => {
  expect(await check(catalog)).toMatchObject({ errors: 0, notices: 0, findings: [], channels: 1, entries: 2 });
  expect(await check(catalog, { channel: 'c' })).toMatchObject({ errors: 0, channel: 'c', entries: 2, blobs: 2 });
});

it.each<[string, string, string]>([
  ['a head that is not the newest', 'update channel set head_no = 2', 'head_number'],
  ['documents of a number to come', 'update channel set monolith_no = 5', 'monolith_number'],
  ['an entry from beyond the head', "update entry set to_no = 9 where key = 'linux-64/a'", 'entry_interval'],
  [
    'two entries at once',
    "insert into entry (channel_id, kind, key, from_no, blob) select channel_id, kind, key, 0, blob from entry where key = 'linux-64/a'",
    'entry_interval',
  ],
  ['an index that lists too much', "delete from entry where key = 'linux-64/a'", 'index_differs'],
  [
    'an index that lists another shard',
    "update entry set blob = (select blob from entry where key = 'linux-64/b') where key = 'linux-64/a'",
    'index_differs',
  ],
  ['a subdir without index', "delete from entry where kind = 'index'", 'index_missing'],
  ['a wrong count of files', "update entry set files = 3 where key = 'linux-64/a'", 'shard_differs'],
  ['wrong counts of maps', "update entry set buckets = '{0,0,0,1}' where key = 'linux-64/a'", 'shard_differs'],
  ['a wrong size', "update entry set bytes = bytes + 1 where key = 'linux-64/a'", 'monolith_differs'],
  ['no document', "delete from monolith where key like '%/repodata.json.zst'", 'monolith_missing'],
  ['a mirror ahead of its source', 'update mirror set at_rev = 9', 'mirror_ahead'],
  [
    'a record live twice',
    "insert into record (source_id, subdir, file, from_rev, body) select source_id, subdir, file, 0, body from record where file = 'a-1-0.conda'",
    'record_twice',
  ],
  ['columns of a revision to come', 'update facts set revision = 7', 'stray_rows'],
  [
    'a record that says something else',
    "update record set body = convert_to(replace(convert_from(body, 'UTF8'), '\"1\"', '\"2\"'), 'UTF8') where file = 'a-1-0.conda'",
    'record_lost',
  ],
  ['a record that is gone', "delete from record where file = 'b-1-0.tar.bz2'", 'record_lost'],
])('%s: found, with what to do', async (_what, deed, code) => {
  await run(deed);
  const { findings, errors } = await check(catalog);
  expect(errors).toBeGreaterThan(0);
  expect(findings.map((finding) => finding.code)).toContain(code);
  for (const { message, remedy } of findings) expect([message.length > 20, remedy.length > 20]).toEqual([true, true]);
});

it('goes on where a record that is patched is none any more', async () => {
  const row = (await findChannelById(catalog.db, channel))!;
  const patch = Buffer.from(JSON.stringify({ 'packages.conda': { 'a-1-0.conda': { license: 'MIT' } } }));
  await setPatches(catalog, row, [patchWish('linux-64', patch)], { id: 'x', name: 'ada' });
  await publishChannel(catalog, channel, 'deed');
  await writeMonolith(catalog, channel);
  expect((await check(catalog)).findings).toEqual([]);
  await run(`update record set body = '{"name":' where file = 'a-1-0.conda'`);
  expect((await check(catalog)).findings).toMatchObject([{ code: 'record_lost', subject: 'linux-64' }]);
});

it('finds bytes that are missing, and, reading all, bytes that are others', async () => {
  const shard = await blobOf('linux-64/a');
  const [other] = await catalog.storage.putPack([Buffer.alloc(shard.size, 7)]);
  await catalog.db
    .updateTable('blob')
    .set({ pack: other!.pack, pack_offset: 0 })
    .where('sha256', '=', shard.sha256)
    .execute();
  expect((await check(catalog, { deep: false })).errors).toBe(0);
  const { findings } = await check(catalog);
  expect(findings.map(({ code }) => code)).toEqual(expect.arrayContaining(['blob_damaged', 'shard_differs']));
  await catalog.storage.deletePack(other!.pack);
  expect((await check(catalog, { deep: false })).findings).toMatchObject([{ code: 'blob_missing', severity: 'error' }]);
  const facts = await catalog.db
    .selectFrom('facts')
    .innerJoin('blob', 'blob.sha256', 'facts.blob')
    .select(['blob.sha256', 'size', 'pack', 'pack_offset'])
    .executeTakeFirstOrThrow();
  await catalog.storage.delete(blobRef(facts));
  expect((await check(catalog, { deep: false })).errors).toBe(2);
  // What is not the channel's is not looked at with it.
  expect((await check(catalog, { channel: 'c', deep: false })).errors).toBe(1);
});

it('is content after the channel was made anew, where the bytes of what is derived were lost', async () => {
  const damaged = await blobOf('linux-64/a');
  const [other] = await catalog.storage.putPack([Buffer.alloc(damaged.size, 7)]);
  await catalog.db
    .updateTable('blob')
    .set({ pack: other!.pack, pack_offset: 0 })
    .where('sha256', '=', damaged.sha256)
    .execute();
  for (const key of ['linux-64/b', 'linux-64/repodata_shards.msgpack.zst']) {
    const { pack } = await blobOf(key);
    if (pack) await catalog.storage.deletePack(pack);
  }
  const documents = await catalog.db
    .selectFrom('monolith')
    .innerJoin('blob', 'blob.sha256', 'monolith.blob')
    .select(['key', 'blob.sha256', 'size', 'pack', 'pack_offset'])
    .execute();
  for (const document of documents) await catalog.storage.delete(blobRef(document));
  expect((await check(catalog)).errors).toBeGreaterThan(4);

  const anew = await publishChannel(catalog, channel, 'reindex', { from: 'scratch' });
  expect(anew).toEqual({ status: 'unchanged', mended: 3 });
  expect(await mendDocuments(catalog, channel)).toBe(documents.length);
  expect((await check(catalog)).findings).toEqual([]);
  expect(await publishChannel(catalog, channel, 'reindex', { from: 'scratch' })).toEqual({ status: 'unchanged' });
  expect(await mendDocuments(catalog, channel)).toBe(0);
});

it.each([
  ['missing', "delete from monolith where key like '%/repodata.json.zst'"],
  [
    'another one',
    "update monolith set blob = (select blob from monolith where key = 'channeldata.json.zst') where key like '%/repodata.json.zst'",
  ],
])('is content after the channel was made anew, where a document was %s', async (_, deed) => {
  await run(deed);
  expect((await check(catalog)).errors).toBe(1);
  expect(await publishChannel(catalog, channel, 'reindex', { from: 'scratch' })).toEqual({ status: 'unchanged' });
  expect(await mendDocuments(catalog, channel)).toBe(1);
  expect((await check(catalog)).findings).toEqual([]);
  expect(await mendDocuments(catalog, channel)).toBe(0);
});

it('is content when a lost shard of an upstream is in no kept publication any more', async () => {
  const record = { bucket: 'packages.conda', fn: 's-1-0.conda', record: testRecord('s', '1') } as const;
  const shard = zstdCompressSync(encodeShard({ records: [record as ShardRecord], removed: [] }), {
    params: { [constants.ZSTD_c_checksumFlag]: 1 },
  });
  const sha256 = createHash('sha256').update(shard).digest();
  const { sourceId } = await catalog.admit({});
  await admitShardFiles(catalog, [shard]);
  const input = { sourceId, subdir: 'linux-64', changed: [{ name: 's', sha256 }], gone: [], isWhole: true };
  const { revision } = await admitShards(catalog, { ...input, finish: () => noOrigin });
  const other = await catalog.addChannel('other');
  await catalog.addMirror(other, sourceId, { atRev: revision });
  expect(await publishChannel(catalog, other, 'run')).toMatchObject({ shards_reused: 1 });
  await writeMonolith(catalog, other);
  await catalog.storage.deletePack((await blobOf('linux-64/s')).pack!);
  expect((await check(catalog, { deep: false })).findings).toMatchObject([{ code: 'blob_missing' }]);

  expect(await publishChannel(catalog, other, 'reindex', { from: 'scratch' })).toMatchObject({ status: 'published' });
  await writeMonolith(catalog, other);
  for (let days = 0; days < 3; days++) {
    catalog.clock.ms += 500 * 24 * 60 * 60 * 1000;
    await collect(catalog);
  }
  expect((await check(catalog)).findings).toEqual([]);
});

it.each(['missing', 'damaged'])(
  'says how to get back a package of a mirror whose bytes are %s: from anybody',
  async (what) => {
    const built = await buildCondaPackage({ name: 'own' });
    const sha256 = parseSha256(createHash('sha256').update(built.bytes).digest('hex'));
    const record = { ...testRecord('own', '1'), sha256, size: built.bytes.length };
    await catalog.addMirror(channel, (await catalog.admit({ [built.fileName]: record })).sourceId);
    const other = await catalog.addChannel('other');
    await catalog.upload(other, 'other', built);
    const path = join(catalog.root, catalog.storage.pathOf({ sha256, size: built.bytes.length })!);
    await (what === 'missing' ? rm(path) : writeFile(path, Buffer.alloc(built.bytes.length, 7)));
    const { findings } = await check(catalog);
    expect(findings).toMatchObject([
      { code: `blob_${what}`, remedy: expect.stringMatching(/upload .* to any channel/) },
    ]);
    await catalog.upload(await catalog.addChannel('third'), 'third', built);
    expect((await check(catalog)).findings).toEqual([]);
  },
);

it.each(['c', 'third'])('says how to get back what stands beside a package, too: by an upload to %s', async (path) => {
  await run("update channel set types = '{conda,python}'");
  const wheel = await buildWheel({ name: 'wheely', version: '1' });
  await catalog.upload(channel, 'c', wheel);
  const beside = await catalog.db
    .selectFrom('record_companion')
    .innerJoin('blob', 'blob.sha256', 'record_companion.blob')
    .select('pack')
    .executeTakeFirstOrThrow();
  await catalog.storage.deletePack(beside.pack!);
  expect((await check(catalog)).findings).toMatchObject([{ code: 'blob_missing' }]);
  await catalog.upload(path === 'c' ? channel : await catalog.addChannel(path), path, wheel);
  expect((await check(catalog)).findings).toEqual([]);
});

it.each(['missing', 'damaged'])('goes on where an index is %s', async (what) => {
  const index = await blobOf('linux-64/repodata_shards.msgpack.zst');
  const [other] = await catalog.storage.putPack([Buffer.alloc(index.size, 7)]);
  await catalog.db
    .updateTable('blob')
    .set({ pack: other!.pack, pack_offset: 0 })
    .where('sha256', '=', index.sha256)
    .execute();
  if (what === 'missing') await catalog.storage.deletePack(other!.pack);
  const { findings } = await check(catalog, { deep: false, channel: 'c' });
  const subject = 'linux-64/repodata_shards.msgpack.zst';
  expect(findings).toContainEqual(expect.objectContaining({ code: 'index_differs', subject }));
});

it('says of a document that is none that it cannot be compared, and goes on', async () => {
  // All of it is here before it is looked at; a stream that nobody reads to its end must not end the process.
  const open = async function* () {
    yield zstdCompressSync('no document');
  };
  const { findings } = await check({ ...catalog, storage: { ...catalog.storage, open } });
  expect(findings).toContainEqual(
    expect.objectContaining({ code: 'monolith_differs', message: expect.stringContaining('cannot be compared') }),
  );
});

it('takes upper case in the names of packages for what it is', async () => {
  const { sourceId } = await catalog.admit({ 'big-1-0.conda': testRecord('Big', '1') });
  await catalog.addMirror(channel, sourceId);
  await publishChannel(catalog, channel, 'run');
  await writeMonolith(catalog, channel);
  expect(await check(catalog)).toMatchObject({ errors: 0, findings: [], entries: 3 });
});

it('takes files of nobody for what they are: leftovers', async () => {
  await catalog.storage.putPack([Buffer.from('nobody')]);
  expect((await check(catalog)).notices).toBe(0);
  catalog.clock.ms += 2 * 60 * 60 * 1000;
  expect(await check(catalog)).toMatchObject({ errors: 0, notices: 1, findings: [{ code: 'pack_unknown' }] });
});
