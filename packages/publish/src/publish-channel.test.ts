import { zstdDecompressSync } from 'node:zlib';
import { findChannelById, headCounts, headDocuments, liveEntries } from '@sluice/catalog';
import { decodeShard, decodeShardIndex } from '@sluice/formats/conda';
import { bytesToHex } from '@sluice/formats/digest';
import { blobRef } from '@sluice/storage';
import { buildCondaPackage, createTestCatalog, type TestCatalog, testRecord } from '@sluice/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findFile } from './find-file.ts';
import { outdatedChannels } from './judged.ts';
import { ruledLayers } from './layers.ts';
import { writeMonolith } from './monolith/write-monolith.ts';
import { publishChannel } from './publish-channel.ts';
import { rollBack } from './rollback.ts';

let catalog: TestCatalog;
beforeEach(async () => {
  catalog = await createTestCatalog();
});
afterEach(() => catalog.close());

const shelf = {
  'a-1.0-0.conda': testRecord('a', '1.0', { license: 'MIT' }),
  'a-2.0-0.conda': testRecord('a', '2.0', { license: 'MIT' }),
  'b-1.0-0.conda': testRecord('b', '1.0', { license: 'GPL-3.0-only' }),
  'b-1.0-0.tar.bz2': testRecord('b', '1.0', { license: 'GPL-3.0-only' }),
  'e_-1.0-0.conda': testRecord('e_', '1.0'),
};

// biome-ignore lint/suspicious/noExplicitAny: tests look into documents without knowing their type.
async function documentOf(channelId: number, key: string): Promise<any> {
  await writeMonolith(catalog, channelId);
  const row = (await headDocuments(catalog.db, channelId)).find((one) => one.key === key);
  return row && JSON.parse(zstdDecompressSync(await catalog.storage.read(blobRef(row))).toString());
}

async function filesOf(channelId: number, subdir = 'linux-64'): Promise<string[]> {
  const document = await documentOf(channelId, `${subdir}/repodata.json.zst`);
  const files = [...Object.keys(document?.packages ?? {}), ...Object.keys(document?.['packages.conda'] ?? {})].sort();
  expect(await filesOfShards(channelId, subdir)).toEqual(files);
  return files;
}

async function filesOfShards(channelId: number, subdir: string): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await liveEntries(catalog.db, channelId, 'shard', `${subdir}/`)) {
    const row = await catalog.db
      .selectFrom('blob')
      .selectAll()
      .where('sha256', '=', entry.blob)
      .executeTakeFirstOrThrow();
    const shard = decodeShard(zstdDecompressSync(await catalog.storage.read(blobRef(row))));
    files.push(...shard.records.map(({ fn }) => fn));
  }
  return files.sort();
}

async function answer(channelId: number, file: string) {
  const channel = await findChannelById(catalog.db, channelId);
  const layers = await ruledLayers(catalog.db, channel!, catalog.neededFiles);
  return findFile(catalog, { channelId, layers, subdir: 'linux-64', file });
}

describe('publishing a mirror', () => {
  it('shows every record, byte for byte, and nothing twice', async () => {
    const channel = await catalog.addChannel('c');
    const { sourceId } = await catalog.admit(shelf);
    await catalog.addMirror(channel, sourceId);
    expect(await publishChannel(catalog, channel, 'test')).toEqual({
      status: 'published',
      no: 1,
      added: 5,
      removed: 0,
      files: 5,
      shards_written: 3,
      shards_reused: 0,
      indexes_written: 1,
      changed: 4,
      oversized: [],
    });
    expect(await filesOf(channel)).toEqual(Object.keys(shelf).sort());
    const document = await documentOf(channel, 'linux-64/repodata.json.zst');
    expect(document['packages.conda']['b-1.0-0.conda']).toEqual(shelf['b-1.0-0.conda']);
    expect(await publishChannel(catalog, channel, 'test')).toEqual({ status: 'unchanged' });
  });

  it('lists nothing that the door could not give', async () => {
    const channel = await catalog.addChannel('c');
    const odd = {
      'é-1.0-0.conda': testRecord('é', '1.0'),
      'E-1.0-0.conda': testRecord('E', '1.0'),
      'a-1.0-0.whl': testRecord('a', '1.0'),
      'evil-1.0-0.conda': testRecord('a', '1.0'),
    };
    const { sourceId } = await catalog.admit({ ...shelf, ...odd });
    await catalog.addMirror(channel, sourceId);
    expect(await publishChannel(catalog, channel, 'test')).toMatchObject({ status: 'published', files: 5 });
    expect(await filesOf(channel)).toEqual(Object.keys(shelf).sort());
    for (const file of Object.keys(shelf)) expect(await answer(channel, file)).toMatchObject({ status: 'served' });
  });

  it('puts a file where its ending belongs, whatever map it came in', async () => {
    const channel = await catalog.addChannel('c');
    const { 'a-1.0-0.conda': conda, 'b-1.0-0.tar.bz2': legacy } = shelf;
    const text = JSON.stringify({
      packages: { 'a-1.0-0.conda': conda },
      'packages.conda': { 'b-1.0-0.tar.bz2': legacy },
    });
    const { sourceId } = await catalog.admit(text);
    await catalog.addMirror(channel, sourceId);
    await publishChannel(catalog, channel, 'test');
    expect(await filesOf(channel)).toEqual(['a-1.0-0.conda', 'b-1.0-0.tar.bz2']);
    expect(await documentOf(channel, 'linux-64/repodata.json.zst')).toMatchObject({
      packages: { 'b-1.0-0.tar.bz2': legacy },
      'packages.conda': { 'a-1.0-0.conda': conda },
    });
  });

  it('follows an upstream that adds, changes and removes, touching only these names', async () => {
    const channel = await catalog.addChannel('c');
    const { sourceId } = await catalog.admit(shelf);
    const mirror = await catalog.addMirror(channel, sourceId);
    await publishChannel(catalog, channel, 'first');
    const before = await liveEntries(catalog.db, channel, 'shard', 'linux-64/');
    const { 'a-1.0-0.conda': _gone, ...rest } = shelf;
    const changed = {
      ...rest,
      'a-2.0-0.conda': testRecord('a', '2.0', { depends: ['z'] }),
      'c-1-0.conda': testRecord('c', '1'),
    };
    const { revision } = await catalog.admit(changed, { sourceId });
    expect(revision).toBe(2);
    expect(await publishChannel(catalog, channel, 'not yet')).toEqual({ status: 'unchanged' });
    await catalog.editMirror(mirror, { at_rev: 2 });
    expect(await publishChannel(catalog, channel, 'second')).toMatchObject({ no: 2, added: 2, removed: 2, files: 5 });
    expect(await filesOf(channel)).toEqual(Object.keys(changed).sort());
    const after = new Map((await liveEntries(catalog.db, channel, 'shard', 'linux-64/')).map((e) => [e.key, e.blob]));
    for (const { key, blob } of before) {
      expect(Buffer.compare(after.get(key)!, blob) === 0, key).toBe(key !== 'linux-64/a');
    }
  });

  it('lists again what it wrote before, and writes nothing twice', async () => {
    const channel = await catalog.addChannel('c');
    const { sourceId } = await catalog.admit(shelf);
    const mirror = await catalog.addMirror(channel, sourceId);
    const index = async () => (await liveEntries(catalog.db, channel, 'index', ''))[0]!.blob;
    await publishChannel(catalog, channel, 'first');
    const first = await index();
    await catalog.editMirror(mirror, { filters: JSON.stringify({ exclude_specs: ['a=1.0', 'b'] }) });
    const edited = await publishChannel(catalog, channel, 'second');
    expect(edited).toMatchObject({ shards_written: 1, shards_reused: 0, indexes_written: 1, changed: 3, files: 2 });
    await catalog.editMirror(mirror, { filters: '{}' });
    const back = await publishChannel(catalog, channel, 'third');
    expect(back).toMatchObject({ shards_written: 0, shards_reused: 2, indexes_written: 1, files: 5 });
    expect(await index()).toEqual(first);
  });

  it.each(['missing', 'no index', 'of a byte that is another one'])(
    'lists its shards where its last index is %s',
    async (what) => {
      const channel = await catalog.addChannel('c');
      const { sourceId } = await catalog.admit(shelf);
      const mirror = await catalog.addMirror(channel, sourceId);
      const index = async () => {
        const entries = catalog.db.selectFrom('entry').innerJoin('blob', 'blob.sha256', 'entry.blob').selectAll('blob');
        return entries.where('kind', '=', 'index').where('to_no', 'is', null).executeTakeFirstOrThrow();
      };
      const shards = async () =>
        (await liveEntries(catalog.db, channel, 'shard', '')).map(({ key, blob }) => [key.slice(9), bytesToHex(blob)]);
      await publishChannel(catalog, channel, 'first');
      const row = await index();
      const bytes = Buffer.from(await catalog.storage.read(blobRef(row)));
      if (what === 'missing') await catalog.storage.deletePack(row.pack!);
      else {
        if (what === 'no index') bytes.fill(7);
        else bytes[bytes.indexOf(Buffer.from((await shards())[0]![1]!, 'hex'))]! ^= 4;
        const [damaged] = await catalog.storage.putPack([bytes]);
        await catalog.db
          .updateTable('blob')
          .set({ pack: damaged!.pack, pack_offset: 0 })
          .where('sha256', '=', row.sha256)
          .execute();
      }
      await catalog.editMirror(mirror, { filters: JSON.stringify({ exclude_specs: ['b'] }) });
      expect(await publishChannel(catalog, channel, 'second')).toMatchObject({ status: 'published', files: 3 });
      const listed = decodeShardIndex(zstdDecompressSync(await catalog.storage.read(blobRef(await index())))).shards;
      expect([...listed].sort()).toEqual(await shards());
    },
  );

  it('writes documents anew when an upstream spells its records otherwise, although the shards stay', async () => {
    const channel = await catalog.addChannel('c');
    const records = { 'a-1-0.conda': testRecord('a', '1') };
    const { sourceId } = await catalog.admit(JSON.stringify({ 'packages.conda': records }));
    const mirror = await catalog.addMirror(channel, sourceId);
    const text = async () => {
      await writeMonolith(catalog, channel);
      const rows = await headDocuments(catalog.db, channel);
      const row = rows.find(({ key }) => key === 'linux-64/repodata.json.zst')!;
      return zstdDecompressSync(await catalog.storage.read(blobRef(row))).toString();
    };
    await publishChannel(catalog, channel, 'first');
    const first = await text();
    const spaced = JSON.stringify({ 'packages.conda': records }, undefined, 1);
    const { revision } = await catalog.admit(spaced, { sourceId });
    await catalog.editMirror(mirror, { at_rev: revision });
    const [shard] = await liveEntries(catalog.db, channel, 'shard', '');
    expect(await publishChannel(catalog, channel, 'second')).toMatchObject({ added: 1, removed: 1 });
    expect((await liveEntries(catalog.db, channel, 'shard', ''))[0]!.blob).toEqual(shard!.blob);
    const second = await text();
    expect(second).not.toBe(first);
    // They are what they are when the documents of that publication are made again.
    await catalog.db.deleteFrom('monolith').execute();
    await catalog.db.updateTable('channel').set({ monolith_no: 0 }).execute();
    expect(await text()).toBe(second);
    await rollBack(catalog, { id: channel, path: 'c' }, '1', { name: 'ada' });
    expect(await text()).toBe(first);
  });

  it('finds and mends what is not as it must be', async () => {
    const channel = await catalog.addChannel('c');
    const { sourceId } = await catalog.admit(shelf);
    await catalog.addMirror(channel, sourceId);
    await publishChannel(catalog, channel, 'first');
    const [a, b] = await liveEntries(catalog.db, channel, 'shard', 'linux-64/');
    const others = catalog.db.updateTable('entry').set({ blob: b!.blob });
    await others.where('channel_id', '=', channel).where('key', '=', a!.key).execute();
    expect(await publishChannel(catalog, channel, 'test')).toEqual({ status: 'unchanged' });
    const mended = await publishChannel(catalog, channel, 'reindex', { from: 'scratch' });
    expect(mended).toMatchObject({ status: 'published', changed: 1, added: 0, removed: 0, files: 5 });
    expect((await liveEntries(catalog.db, channel, 'shard', 'linux-64/'))[0]!.blob).toEqual(a!.blob);
  });

  it('mends columns that are not those of the records', async () => {
    const channel = await catalog.addChannel('c');
    const { sourceId } = await catalog.admit(shelf);
    const other = await catalog.admit({ 'b-1.0-0.conda': shelf['b-1.0-0.conda'] });
    await catalog.addMirror(channel, sourceId);
    const right = await catalog.db
      .selectFrom('facts')
      .select(['blob', 'unpacked_bytes'])
      .where('source_id', '=', other.sourceId)
      .executeTakeFirstOrThrow();
    await catalog.db.updateTable('facts').set(right).where('source_id', '=', sourceId).execute();
    expect(await publishChannel(catalog, channel, 'wrong')).toMatchObject({ files: 1 });
    expect(await publishChannel(catalog, channel, 'reindex', { from: 'scratch' })).toMatchObject({ files: 5 });
    // A licence is not of one name: what comes next is judged by the columns.
    await catalog.editChannel(channel, { filters: JSON.stringify({ exclude_licenses: ['gpl3'] }) });
    expect(await publishChannel(catalog, channel, 'edited')).toMatchObject({ files: 3, removed: 2 });
  });

  it('counts anew what the head shows when everything is made anew', async () => {
    const channel = await catalog.addChannel('c');
    const { sourceId } = await catalog.admit(shelf);
    await catalog.addMirror(channel, sourceId);
    await publishChannel(catalog, channel, 'first');
    const right = await headCounts(catalog.db, channel, 1);
    await catalog.db.updateTable('publication').set({ files: 77, packages: 7 }).execute();
    await publishChannel(catalog, channel, 'reindex', { from: 'scratch' });
    expect(await headCounts(catalog.db, channel, 1)).toEqual(right);
  });

  it('knows the channels whose head another version made', async () => {
    const [old, fresh, frozen] = [
      await catalog.addChannel('old'),
      await catalog.addChannel('fresh'),
      await catalog.addChannel('frozen'),
    ];
    const { sourceId } = await catalog.admit(shelf);
    for (const channel of [old, fresh, frozen]) {
      await catalog.addMirror(channel, sourceId);
      await publishChannel(catalog, channel, 'first');
    }
    await catalog.db.updateTable('channel').set({ frozen: true }).where('id', '=', frozen).execute();
    expect(await outdatedChannels(catalog.db)).toEqual([]);
    const judged = { judged: '{"engine":1,"types":[]}' };
    await catalog.db.updateTable('channel').set(judged).where('id', 'in', [old, frozen]).execute();
    expect(await outdatedChannels(catalog.db)).toEqual([old]);
  });

  it('empties a subdir whose last file goes, and says so in its documents', async () => {
    const channel = await catalog.addChannel('c');
    const { sourceId } = await catalog.admit({ 'a-1.0-0.conda': testRecord('a', '1.0') });
    const mirror = await catalog.addMirror(channel, sourceId);
    await publishChannel(catalog, channel, 'first');
    await catalog.editMirror(mirror, { filters: JSON.stringify({ exclude_specs: ['a'] }) });
    expect(await publishChannel(catalog, channel, 'second')).toMatchObject({
      status: 'published',
      removed: 1,
      files: 0,
    });
    expect(await filesOf(channel)).toEqual([]);
    await catalog.editMirror(mirror, { filters: '{}' });
    await publishChannel(catalog, channel, 'third');
    expect(await filesOf(channel)).toEqual(['a-1.0-0.conda']);
  });

  it('leaves a frozen channel as it is, and catches up in one step', async () => {
    const channel = await catalog.addChannel('c');
    const { sourceId } = await catalog.admit({ 'a-1.0-0.conda': testRecord('a', '1.0') });
    const mirror = await catalog.addMirror(channel, sourceId);
    await publishChannel(catalog, channel, 'first');
    await catalog.editChannel(channel, { frozen: true });
    await catalog.admit(shelf, { sourceId });
    await catalog.editMirror(mirror, { at_rev: 2 });
    expect(await publishChannel(catalog, channel, 'frozen')).toEqual({ status: 'frozen' });
    expect(await filesOf(channel)).toEqual(['a-1.0-0.conda']);
    expect(await answer(channel, 'b-1.0-0.conda')).toEqual({ status: 'pending' });
    await catalog.editChannel(channel, { frozen: false });
    await publishChannel(catalog, channel, 'unfrozen');
    expect(await filesOf(channel)).toEqual(Object.keys(shelf).sort());
  });
});

describe('layers', () => {
  it('hide a file of the same name below, and only that', async () => {
    const channel = await catalog.addChannel('c');
    const upper = await catalog.admit({ 'a-1.0-0.conda': testRecord('a', '1.0', { depends: ['upper'] }) });
    const lower = await catalog.admit(shelf);
    await catalog.addMirror(channel, upper.sourceId);
    await catalog.addMirror(channel, lower.sourceId);
    await publishChannel(catalog, channel, 'test');
    expect(await filesOf(channel)).toEqual(Object.keys(shelf).sort());
    const document = await documentOf(channel, 'linux-64/repodata.json.zst');
    expect(document['packages.conda']['a-1.0-0.conda'].depends).toEqual(['upper']);
  });

  it('let the lower one through where the upper one is refused', async () => {
    const channel = await catalog.addChannel('c');
    const upper = await catalog.admit({ 'a-1.0-0.conda': testRecord('a', '1.0', { depends: ['upper'] }) });
    const lower = await catalog.admit({ 'a-1.0-0.conda': testRecord('a', '1.0', { depends: ['lower'] }) });
    await catalog.addMirror(channel, upper.sourceId, { filters: { exclude_specs: ['a'] } });
    await catalog.addMirror(channel, lower.sourceId);
    await publishChannel(catalog, channel, 'test');
    const document = await documentOf(channel, 'linux-64/repodata.json.zst');
    expect(document['packages.conda']['a-1.0-0.conda'].depends).toEqual(['lower']);
    const served = await answer(channel, 'a-1.0-0.conda');
    expect(served).toMatchObject({ status: 'served', layer: { source_id: lower.sourceId } });
  });

  it('put the own uploads on top of a mirror', async () => {
    const channel = await catalog.addChannel('c');
    const { sourceId } = await catalog.admit(shelf);
    await catalog.addMirror(channel, sourceId);
    const own = await buildCondaPackage({ name: 'own', subdir: 'linux-64', runExports: { weak: ['own >=1'] } });
    expect(await catalog.upload(channel, 'c', own)).toMatchObject({ status: 'created' });
    await publishChannel(catalog, channel, 'test');
    expect(await filesOf(channel)).toEqual([...Object.keys(shelf), own.fileName].sort());
    const runExports = await documentOf(channel, 'linux-64/run_exports.json.zst');
    expect(runExports['packages.conda']).toEqual({ [own.fileName]: { run_exports: { weak: ['own >=1'] } } });
    expect(await documentOf(channel, 'channeldata.json.zst')).toMatchObject({
      packages: { own: {}, a: { version: '2.0' } },
    });
  });
});

describe('the door', () => {
  it('judges by the rules in force now, before the index follows', async () => {
    const channel = await catalog.addChannel('c');
    const { sourceId } = await catalog.admit(shelf);
    const mirror = await catalog.addMirror(channel, sourceId);
    await publishChannel(catalog, channel, 'first');
    expect(await answer(channel, 'b-1.0-0.conda')).toMatchObject({ status: 'served', blob: undefined });
    await catalog.editMirror(mirror, { filters: JSON.stringify({ exclude_licenses: ['gpl3'] }) });
    expect(await answer(channel, 'b-1.0-0.conda')).toMatchObject({
      status: 'refused',
      decision: { reasons: [{ code: 'license', evidence: 'its licence is GPL-3.0-only' }] },
    });
    expect(await answer(channel, 'nothing-1.0-0.conda')).toEqual({ status: 'absent' });
  });

  it('serves what a kept publication listed although the upstream dropped it', async () => {
    const channel = await catalog.addChannel('c');
    const { sourceId } = await catalog.admit(shelf);
    const mirror = await catalog.addMirror(channel, sourceId);
    await publishChannel(catalog, channel, 'first');
    await catalog.admit({ 'a-2.0-0.conda': testRecord('a', '2.0') }, { sourceId });
    await catalog.editMirror(mirror, { at_rev: 2 });
    await publishChannel(catalog, channel, 'second');
    expect(await filesOf(channel)).toEqual(['a-2.0-0.conda']);
    expect(await answer(channel, 'a-1.0-0.conda')).toMatchObject({ status: 'served' });
  });

  it('drops the legacy twin as long as its .conda is allowed', async () => {
    const channel = await catalog.addChannel('c');
    const { sourceId } = await catalog.admit(shelf);
    const mirror = await catalog.addMirror(channel, sourceId, { keepLegacy: false });
    await publishChannel(catalog, channel, 'first');
    expect(await answer(channel, 'b-1.0-0.tar.bz2')).toMatchObject({ status: 'refused' });
    await catalog.editMirror(mirror, { filters: JSON.stringify({ exclude_specs: ['b[fn=b-1.0-0.conda]'] }) });
    await publishChannel(catalog, channel, 'second');
    expect(await answer(channel, 'b-1.0-0.tar.bz2')).toMatchObject({ status: 'served' });
    expect(await filesOf(channel)).toContain('b-1.0-0.tar.bz2');
  });
});

describe('uploads', () => {
  it('are the same the second time, and refused with other bytes', async () => {
    const channel = await catalog.addChannel('c');
    const one = await buildCondaPackage({ name: 'own', files: { 'x.txt': 'one' } });
    const two = await buildCondaPackage({ name: 'own', files: { 'x.txt': 'two' } });
    expect(await catalog.upload(channel, 'c', one)).toMatchObject({ status: 'created' });
    expect(await catalog.upload(channel, 'c', one)).toMatchObject({ status: 'same' });
    await expect(catalog.upload(channel, 'c', two)).rejects.toMatchObject({ code: 'file_exists' });
  });

  it('give the same columns one by one as all at once', async () => {
    const channel = await catalog.addChannel('c');
    const names = ['x', 'y', 'z'];
    for (const name of names) {
      await catalog.upload(channel, 'c', await buildCondaPackage({ name, subdir: 'linux-64' }));
      await publishChannel(catalog, channel, name);
    }
    expect(await filesOf(channel)).toEqual(names.map((name) => `${name}-1.0-0.conda`));
  });
});
