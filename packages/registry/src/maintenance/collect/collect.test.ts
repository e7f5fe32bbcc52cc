import { createHash } from 'node:crypto';
import { documentsAt, findBlob } from '@sluice/catalog';
import { publishChannel, writeMonolith } from '@sluice/publish';
import { blobRef } from '@sluice/storage';
import { type BuiltPackage, buildCondaPackage, createTestCatalog, type TestCatalog, testRecord } from '@sluice/testkit';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { admitBytes } from '../../admit/bytes.ts';
import { deleteFiles } from '../../channels/delete-files.ts';
import { collect } from '../testing/run-maintenance.ts';

const hourMs = 60 * 60 * 1000;
const dayMs = 24 * hourMs;
const tester = { id: 'x', name: 'tester' };

let catalog: TestCatalog;
let packages: BuiltPackage[];
beforeAll(async () => {
  packages = await Promise.all(
    ['1', '2', '3', '4'].map((version) =>
      buildCondaPackage({ name: 'own', version, subdir: 'linux-64', files: { 'a.txt': version.repeat(5000) } }),
    ),
  );
});
beforeEach(async () => {
  catalog = await createTestCatalog();
});
afterEach(() => catalog.close());

const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

async function isLocal(bytes: Uint8Array): Promise<boolean> {
  const row = await findBlob(catalog.db, sha256Of(bytes));
  if (!row) return false;
  expect(sha256Of(await catalog.storage.read(blobRef(row)))).toEqual(sha256Of(bytes));
  return true;
}

async function deleteOwn(channel: number, { fileName: file }: BuiltPackage) {
  await deleteFiles(catalog, { id: channel, path: 'c' }, { name: 'own', one: { subdir: 'linux-64', file } }, tester);
}

async function numbers(channel: number): Promise<number[]> {
  const rows = await catalog.db
    .selectFrom('publication')
    .select('no')
    .where('channel_id', '=', channel)
    .orderBy('no')
    .execute();
  return rows.map(({ no }) => no);
}

async function stored(): Promise<{ files: number; bytes: number }> {
  const sum = { files: 0, bytes: 0 };
  for await (const { size } of catalog.storage.list()) {
    sum.files++;
    sum.bytes += size;
  }
  return sum;
}

/** Upload and delete so that a file is in old publications only; returns the channel. */
async function channelWithHistory(): Promise<number> {
  const channel = await catalog.addChannel('c');
  for (const one of packages.slice(0, 3)) {
    await catalog.upload(channel, 'c', one);
    await publishChannel(catalog, channel, 'upload');
    catalog.clock.ms += hourMs;
  }
  await deleteOwn(channel, packages[0]!);
  await publishChannel(catalog, channel, 'delete');
  return channel;
}

describe('a collection', () => {
  it('drops old publications, condemns what only they needed, and removes it a grace later', async () => {
    const channel = await channelWithHistory();
    expect(await numbers(channel)).toEqual([1, 2, 3, 4]);
    const early = await collect(catalog);
    expect(early).toMatchObject({ publications: 0, entries: 0, condemned: { count: 0 }, removed: { count: 0 } });

    catalog.clock.ms += 400 * dayMs;
    const before = await stored();
    const tried = await collect(catalog, { dry_run: true });
    expect(tried).toMatchObject({ publications: 3, channels: [{ channel: 'c', kept: 1, publications: 3 }] });
    expect(tried.condemned.count).toBeGreaterThan(1);
    expect([await numbers(channel), await stored()]).toEqual([[1, 2, 3, 4], before]);

    const first = await collect(catalog);
    for (const key of ['publications', 'entries', 'condemned', 'channels', 'facts'] as const) {
      expect(first[key], key).toEqual(tried[key]);
    }
    expect(await numbers(channel)).toEqual([4]);
    expect(await isLocal(packages[0]!.bytes)).toBe(true);

    catalog.clock.ms += 25 * hourMs;
    const tried2 = await collect(catalog, { dry_run: true });
    const second = await collect(catalog);
    expect(second.removed).toEqual(first.condemned);
    expect(tried2.removed).toEqual(second.removed);
    expect(await isLocal(packages[0]!.bytes)).toBe(false);
    expect(await isLocal(packages[1]!.bytes)).toBe(true);
    expect(await isLocal(packages[2]!.bytes)).toBe(true);

    // Packs that are empty by now were seen so just then; they have a grace of their own.
    catalog.clock.ms += 25 * hourMs;
    const third = await collect(catalog);
    catalog.clock.ms += 25 * hourMs;
    await collect(catalog);
    expect(third.packs.count).toBeGreaterThan(0);
    const after = await stored();
    expect(after.bytes).toBeLessThan(before.bytes - packages[0]!.bytes.length);
    expect(after.files).toBeLessThan(before.files);
  });

  it('keeps documents that were made for an older publication for a day', async () => {
    const channel = await channelWithHistory();
    await writeMonolith(catalog, channel);
    catalog.clock.ms += 10 * dayMs;
    await writeMonolith(catalog, channel, 2);
    const missing = async (no: number) => (await documentsAt(catalog.db, channel, no)).missing;
    expect(await collect(catalog)).toMatchObject({ monolith: 0 });
    expect([await missing(2), await missing(4)]).toEqual([[], []]);
    catalog.clock.ms += 25 * hourMs;
    await collect(catalog);
    expect(await missing(2)).toEqual(['linux-64/repodata.json.zst', 'channeldata.json.zst']);
    expect(await missing(4)).toEqual([]);
  });

  it('keeps what a pinned publication needs', async () => {
    const channel = await channelWithHistory();
    const pin = { channel_id: channel, name: 'release', no: 2, created_at: catalog.now(), created_by: 'tester' };
    await catalog.db.insertInto('pin').values(pin).execute();
    for (let i = 0; i < 3; i++) {
      catalog.clock.ms += 400 * dayMs;
      await collect(catalog);
    }
    expect(await numbers(channel)).toEqual([2, 4]);
    for (const one of packages.slice(0, 3)) expect(await isLocal(one.bytes)).toBe(true);
    await catalog.db.deleteFrom('pin').execute();
    for (let i = 0; i < 2; i++) {
      await collect(catalog);
      catalog.clock.ms += 25 * hourMs;
    }
    await collect(catalog);
    expect(await isLocal(packages[0]!.bytes)).toBe(false);
  });

  it('keeps uploads that are not published, of a frozen channel too', async () => {
    const channel = await catalog.addChannel('c', { frozen: true });
    await catalog.upload(channel, 'c', packages[0]!);
    for (let i = 0; i < 3; i++) {
      catalog.clock.ms += 400 * dayMs;
      await collect(catalog);
    }
    expect(await isLocal(packages[0]!.bytes)).toBe(true);
  });

  it('keeps a channel’s publications as long as it says', async () => {
    const channel = await channelWithHistory();
    catalog.clock.ms += 10 * dayMs;
    await collect(catalog);
    expect(await numbers(channel)).toEqual([1, 2, 3, 4]);
    await catalog.db
      .updateTable('channel')
      .set({ retention: JSON.stringify({ all_days: 7, daily_days: 0 }) })
      .execute();
    await collect(catalog);
    expect(await numbers(channel)).toEqual([4]);
  });

  it('pardons what was condemned and is uploaded again', async () => {
    const channel = await channelWithHistory();
    catalog.clock.ms += 400 * dayMs;
    expect((await collect(catalog)).condemned.count).toBeGreaterThan(0);
    await catalog.upload(channel, 'c', packages[0]!);
    catalog.clock.ms += 25 * hourMs;
    await collect(catalog);
    expect(await isLocal(packages[0]!.bytes)).toBe(true);
  });

  const upstreamRecord = (one: BuiltPackage) => ({
    ...testRecord('own', one.fileName.split('-')[1]!),
    sha256: sha256Of(one.bytes).toString('hex'),
    size: one.bytes.length,
  });

  async function fetchFile(sourceId: number, one: BuiltPackage, hasSha256: boolean): Promise<void> {
    const receiving = await catalog.storage.receive();
    await receiving.write(one.bytes);
    const file = { receiving, sourceId, subdir: 'linux-64', file: one.fileName, fromRev: 1, hasSha256 };
    expect(await admitBytes(catalog, [file])).toMatchObject([{ ok: true }]);
  }

  it('keeps mirrored files that the rules allow, and lets go of those they do not', async () => {
    const records = Object.fromEntries(packages.map((one) => [one.fileName, upstreamRecord(one)]));
    const { sourceId } = await catalog.admit(records);
    const channel = await catalog.addChannel('c', { frozen: true });
    const mirror = await catalog.addMirror(channel, sourceId);
    for (const one of packages) await fetchFile(sourceId, one, true);
    for (let i = 0; i < 3; i++) {
      catalog.clock.ms += 25 * hourMs;
      await collect(catalog);
    }
    for (const one of packages) expect(await isLocal(one.bytes)).toBe(true);
    await catalog.editMirror(mirror, { filters: JSON.stringify({ exclude_specs: ['own 1'] }) });
    await collect(catalog);
    catalog.clock.ms += 25 * hourMs;
    await collect(catalog);
    expect(await Promise.all(packages.map((one) => isLocal(one.bytes)))).toEqual([false, true, true, true]);
  });

  it('takes the report on dependencies for what it is: needed', async () => {
    const record = testRecord('own', '1', { depends: ['lib'] });
    const { sourceId } = await catalog.admit({ 'own-1-0.conda': record, 'lib-1-0.conda': testRecord('lib', '1') });
    const channel = await catalog.addChannel('c');
    await catalog.addMirror(channel, sourceId, { filters: { only_specs: ['own'], include_dependencies: true } });
    await publishChannel(catalog, channel, 'run');
    catalog.clock.ms += dayMs;
    expect((await collect(catalog)).condemned).toEqual({ count: 0, bytes: 0 });
  });

  it('keeps files whose digests were computed here, in kept publications too, and forgets the digest with the file', async () => {
    const { sha256: _, ...record } = upstreamRecord(packages[0]!);
    const { sourceId } = await catalog.admit({ [packages[0]!.fileName]: record });
    const channel = await catalog.addChannel('c');
    const mirror = await catalog.addMirror(channel, sourceId);
    await fetchFile(sourceId, packages[0]!, false);
    await publishChannel(catalog, channel, 'run');
    await catalog.admit({}, { sourceId });
    await catalog.editMirror(mirror, { at_rev: 2 });
    catalog.clock.ms += dayMs;
    await publishChannel(catalog, channel, 'run');
    const digests = () => catalog.db.selectFrom('record_digest').select('file').execute();
    for (let i = 0; i < 3; i++) {
      catalog.clock.ms += 2 * dayMs;
      await collect(catalog);
    }
    expect([await isLocal(packages[0]!.bytes), (await digests()).length]).toEqual([true, 1]);
    catalog.clock.ms += 500 * dayMs;
    await collect(catalog);
    catalog.clock.ms += 25 * hourMs;
    await collect(catalog);
    expect([await isLocal(packages[0]!.bytes), (await digests()).length]).toEqual([false, 0]);
  });

  it('removes files without a row, once they have had their grace', async () => {
    const receiving = await catalog.storage.receive();
    await receiving.write(Buffer.from('left behind by a crash'));
    await receiving.finish();
    receiving.verified();
    const ref = await receiving.commit();
    await catalog.storage.putPack([Buffer.from('a pack of nobody')]);
    await collect(catalog);
    expect((await stored()).files).toBe(2);
    catalog.clock.ms += 25 * hourMs;
    expect((await collect(catalog)).leftovers).toEqual({ count: 1, bytes: 22 });
    expect(await catalog.storage.stat(ref)).toBeUndefined();
    catalog.clock.ms += 25 * hourMs;
    expect((await collect(catalog)).packs).toEqual({ count: 1, bytes: 16 });
    expect((await stored()).files).toBe(0);
  });

  it('stops, and removes nothing, when a shard of a kept publication cannot be read', async () => {
    const channel = await channelWithHistory();
    const entry = await catalog.db
      .selectFrom('entry')
      .innerJoin('blob', 'blob.sha256', 'entry.blob')
      .select('blob.pack')
      .where('channel_id', '=', channel)
      .where('kind', '=', 'shard')
      .where('to_no', 'is', null)
      .executeTakeFirstOrThrow();
    await catalog.storage.deletePack(entry.pack!);
    catalog.clock.ms += 400 * dayMs;
    await expect(collect(catalog)).rejects.toMatchObject({ code: 'collect_unreadable' });
    expect(await isLocal(packages[0]!.bytes)).toBe(true);
    const row = await catalog.db.selectFrom('maintenance').select(['state', 'error_text']).executeTakeFirstOrThrow();
    expect(row).toMatchObject({ state: 'failed', error_text: expect.stringContaining('linux-64/own') });
  });

  it('copies what is needed of packs that are mostly dead, and every publication reads as before', async () => {
    const channel = await catalog.addChannel('c');
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const records = (version: string, keep: string) =>
      Object.fromEntries(
        names.map((name) => {
          const one = name === keep ? '1' : version;
          return [`${name}-${one}-0.conda`, testRecord(name, one)];
        }),
      );
    const { sourceId } = await catalog.admit(records('1', 'c'));
    const mirror = await catalog.addMirror(channel, sourceId);
    await publishChannel(catalog, channel, 'run');
    await catalog.admit(records('2', 'c'), { sourceId });
    await catalog.editMirror(mirror, { at_rev: 2 });
    await publishChannel(catalog, channel, 'run');
    const shards = () =>
      catalog.db
        .selectFrom('entry')
        .innerJoin('blob', 'blob.sha256', 'entry.blob')
        .select(['key', 'blob.sha256', 'size', 'pack', 'pack_offset'])
        .where('to_no', 'is', null)
        .where('key', '=', 'linux-64/c')
        .executeTakeFirstOrThrow();
    const before = await shards();
    const bytes = await catalog.storage.read(blobRef(before));
    catalog.clock.ms += 400 * dayMs;
    await collect(catalog);
    catalog.clock.ms += 25 * hourMs;
    // The dead rows go, and the pack is rewritten.
    expect((await collect(catalog)).rewritten.count).toBe(1);
    const moved = await shards();
    expect(moved.pack).not.toBe(before.pack);
    expect(await catalog.storage.read(blobRef(moved))).toEqual(bytes);
    // A door that remembers the old place still reads there.
    expect(await catalog.storage.read(blobRef(before))).toEqual(bytes);
    for (let i = 0; i < 3; i++) {
      catalog.clock.ms += 25 * hourMs;
      await collect(catalog);
    }
    expect(await catalog.storage.stat(blobRef(before))).toBeUndefined();
    expect(await catalog.storage.read(blobRef(await shards()))).toEqual(bytes);
  });

  it('comes to the same in slices of one piece each', async () => {
    await channelWithHistory();
    catalog.clock.ms += 400 * dayMs;
    const tried = await collect(catalog, { dry_run: true }, { budget_ms: 0 });
    const once = await collect(catalog, { dry_run: true });
    expect(tried).toEqual({ ...once, as_of: tried.as_of });
  });
});
