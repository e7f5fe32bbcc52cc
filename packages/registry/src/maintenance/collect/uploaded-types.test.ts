import { createHash } from 'node:crypto';
import { findBlob } from '@sluice/catalog';
import { publishChannel } from '@sluice/publish';
import { buildRPackage, buildWheel, createTestCatalog, type TestCatalog } from '@sluice/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { admitBytes } from '../../admit/bytes.ts';
import { admitName } from '../../admit/name.ts';
import { admitUpload } from '../../admit/upload.ts';
import { yankFile } from '../../channels/yank-file.ts';
import { collect } from '../testing/run-maintenance.ts';

// Live uploads are needed whatever their type, shown or not.

const dayMs = 24 * 60 * 60 * 1000;
let catalog: TestCatalog;
beforeEach(async () => {
  catalog = await createTestCatalog();
});
afterEach(() => catalog.close());

async function upload(id: number, { fileName, bytes }: { fileName: string; bytes: Uint8Array }, provenance?: string) {
  const receiving = await catalog.storage.receive();
  await receiving.write(bytes);
  const channel = { id, path: 'own', types: ['python', 'r'] };
  const beside = provenance === undefined ? {} : { provenance: Buffer.from(provenance) };
  await admitUpload(catalog, { channel, fileName, ...beside, receiving, actor: 'tester' });
}

async function collectTwice(): Promise<void> {
  for (let i = 0; i < 2; i += 1) {
    catalog.clock.ms += 400 * dayMs;
    await collect(catalog);
  }
}

const isHere = async (bytes: Uint8Array | string) =>
  (await findBlob(catalog.db, createHash('sha256').update(bytes).digest())) !== undefined;

it('uploads of Python and R that no publication lists stay, and what stands beside them', async () => {
  const id = await catalog.addChannel('own', { frozen: true });
  const wheel = await buildWheel({ name: 'demo', files: { 'demo/data.txt': 'x'.repeat(100_000) } });
  const r = await buildRPackage({ name: 'demo' });
  await upload(id, wheel, '{"made":"up"}');
  await upload(id, r);
  await collectTwice();
  expect(await Promise.all([wheel.bytes, r.bytes, wheel.metadata, '{"made":"up"}'].map(isHere))).toEqual([
    true,
    true,
    true,
    true,
  ]);
});

it('the attestations of a yanked file stay for the publications that list it as it was', async () => {
  const id = await catalog.addChannel('own');
  await catalog.db
    .updateTable('channel')
    .set({ types: ['python'] })
    .execute();
  const wheel = await buildWheel({ name: 'demo' });
  await upload(id, wheel, '{"made":"up"}');
  await publishChannel(catalog, id, 'upload');
  const { from_rev } = await catalog.db.selectFrom('record').select('from_rev').executeTakeFirstOrThrow();
  const wish = { project: 'demo', fileName: wheel.fileName, yanked: true };
  await yankFile(catalog, { id, path: 'own' }, wish, { id: 'x', name: 'tester' });
  await publishChannel(catalog, id, 'yank');
  await collect(catalog);
  const kept = await catalog.db
    .selectFrom('record_companion')
    .select('kind')
    .where('from_rev', '=', from_rev)
    .orderBy('kind')
    .execute();
  expect(kept.map(({ kind }) => kind)).toEqual(['metadata', 'provenance']);
});

it('files that were asked for through a mirror of Python stay as long as rules allow them, and so does their metadata', async () => {
  const id = await catalog.addChannel('lazy', { frozen: true });
  await catalog.db
    .updateTable('channel')
    .set({ types: ['python'] })
    .execute();
  const { sourceId } = await catalog.admit({});
  const part = { source_id: sourceId, subdir: 'pypi' };
  const wheels = await Promise.all(['1.0', '2.0'].map((version) => buildWheel({ name: 'demo', version })));
  const listed = wheels.map(({ fileName, bytes }) => {
    const hashes = { sha256: createHash('sha256').update(bytes).digest('hex') };
    const body = Buffer.from(JSON.stringify({ filename: fileName, url: fileName, hashes }));
    return { file: `demo/${fileName}`, body, extra: null };
  });
  const none = { document_url: null, document_sha256: null, etag: null, last_modified: null };
  const origin = { ...none, base_url: 'http://index.test' };
  const answer = { document_sha256: null, etag: null, last_modified: null, absent: false, meta: {} };
  const checked_at = new Date(catalog.clock.ms);
  const { revision } = await admitName(catalog, {
    part,
    name: 'demo',
    listed,
    answer: { ...answer, checked_at },
    origin,
  });
  await catalog.addMirror(id, sourceId, { atRev: revision, filters: { exclude_specs: ['demo >=2'] } });
  for (const [i, { bytes }] of wheels.entries()) {
    const receiving = await catalog.storage.receive();
    await receiving.write(bytes);
    const { file } = listed[i]!;
    const place = { sourceId, subdir: 'pypi', file, fromRev: revision, hasSha256: true };
    expect(await admitBytes(catalog, [{ receiving, ...place }])).toMatchObject([{ ok: true }]);
  }
  await collectTwice();
  expect(await Promise.all(wheels.map(({ bytes }) => isHere(bytes)))).toEqual([true, false]);
  expect(await isHere(wheels[0]!.metadata)).toBe(true);
});

it('names that an upstream did not have are forgotten after a day; those it had stay', async () => {
  const { sourceId } = await catalog.admit({});
  const rows = [
    { name: 'gone', absent: true, days: 2 },
    { name: 'young', absent: true, days: 0 },
    { name: 'there', absent: false, days: 300 },
  ].map(({ name, absent, days }) => ({
    source_id: sourceId,
    subdir: 'pypi',
    name,
    revision: 0,
    absent,
    checked_at: new Date(catalog.clock.ms - days * dayMs),
  }));
  await catalog.db.insertInto('source_name').values(rows).execute();
  await collect(catalog, { dry_run: true });
  const names = async () =>
    (await catalog.db.selectFrom('source_name').select('name').orderBy('name').execute()).length;
  expect(await names()).toBe(3);
  await collect(catalog);
  expect(await catalog.db.selectFrom('source_name').select('name').orderBy('name').execute()).toEqual([
    { name: 'there' },
    { name: 'young' },
  ]);
});
