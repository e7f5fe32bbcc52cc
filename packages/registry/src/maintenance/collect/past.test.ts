import { createHash } from 'node:crypto';
import { zstdDecompressSync } from 'node:zlib';
import { documentsAt, findChannelById } from '@sluice/catalog';
import { findFile, pinPublication, publishChannel, rollBack, ruledLayers, writeMonolith } from '@sluice/publish';
import { blobRef } from '@sluice/storage';
import { type BuiltPackage, buildCondaPackage, createTestCatalog, type TestCatalog, testRecord } from '@sluice/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { deleteFiles } from '../../channels/delete-files.ts';
import { setPatches } from '../../patches/change-patches.ts';
import { patchWish } from '../../patches/patch-wish.ts';
import { collect } from '../testing/run-maintenance.ts';

// All that clients read of a publication, before and after much else happened.

const isLong = Boolean(process.env.LONG);
// For a machine that has other work, too.
vi.setConfig({ testTimeout: isLong ? 3_600_000 : 600_000 });
const hourMs = 60 * 60 * 1000;
const ada = { id: 'x', name: 'ada' };

let catalog: TestCatalog;
let packages: BuiltPackage[];
beforeAll(async () => {
  catalog = await createTestCatalog();
  packages = await Promise.all(
    ['1', '2', '3'].map((version) =>
      buildCondaPackage({ name: 'own', version, subdir: 'linux-64', runExports: { weak: [`own >=${version}`] } }),
    ),
  );
});
afterAll(() => catalog.close());

interface World {
  id: number;
  path: string;
  mirrors: { id: string; sourceId: number }[];
}

const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A publication as it is stored: every entry, its bytes checked. */
async function entriesAt({ id }: World, no: number): Promise<string[]> {
  const rows = await catalog.db
    .selectFrom('entry')
    .innerJoin('blob', 'blob.sha256', 'entry.blob')
    .select(['kind', 'key', 'from_no', 'to_no', 'sha256', 'size', 'pack', 'pack_offset'])
    .where('channel_id', '=', id)
    .execute();
  const listed: string[] = [];
  for (const { from_no, to_no, kind, key, ...blob } of rows) {
    if (from_no > no || (to_no !== null && to_no <= no)) continue;
    const digest = Buffer.from(blob.sha256).toString('hex');
    expect(sha256Of(await catalog.storage.read(blobRef(blob)))).toBe(digest);
    listed.push(`${kind} ${key} ${digest}`);
  }
  return listed.sort();
}

/** Its documents, made again where they were not kept. */
async function textsAt({ id }: World, no: number): Promise<Record<string, string>> {
  expect(['written', 'unchanged']).toContain((await writeMonolith(catalog, id, no)).status);
  const { rows, missing } = await documentsAt(catalog.db, id, no);
  expect(missing).toEqual([]);
  const texts: Record<string, string> = {};
  for (const row of rows) {
    if (row.kind === 'document')
      texts[row.key] = zstdDecompressSync(await catalog.storage.read(blobRef(row))).toString();
  }
  return texts;
}

/** What the door says of each file that its repodata.json lists: the digest that is served. No rules: those are of today. */
async function filesAt(world: World, no: number, repodata: string | undefined): Promise<Record<string, string>> {
  const listed = JSON.parse(repodata ?? '{}') as Record<string, Record<string, { sha256?: string }> | undefined>;
  const channel = (await findChannelById(catalog.db, world.id))!;
  const ruled = await ruledLayers(catalog.db, channel, catalog.neededFiles);
  const layers = ruled.map((layer) => ({ ...layer, rules: [] }));
  const files: Record<string, string> = {};
  for (const file of Object.keys({ ...listed.packages, ...listed['packages.conda'] })) {
    const answer = await findFile(catalog, { channelId: world.id, layers, subdir: 'linux-64', file, at: no });
    if (answer.status === 'deleted') {
      files[file] = 'deleted';
      continue;
    }
    expect(answer, `${file} of ${no}`).toMatchObject({ status: 'served' });
    if (answer.status !== 'served') continue;
    const own = packages.find(({ fileName }) => fileName === file);
    if (own && answer.layer.layer === 'uploads') {
      expect(await catalog.storage.read(blobRef(answer.blob!))).toEqual(Buffer.from(own.bytes));
    }
    files[file] = JSON.stringify(answer.expected);
  }
  return files;
}

interface Reading {
  entries: string[];
  texts: Record<string, string>;
  files: Record<string, string>;
}

async function read(world: World, no: number): Promise<Reading> {
  const [entries, texts] = [await entriesAt(world, no), await textsAt(world, no)];
  return { entries, texts, files: await filesAt(world, no, texts['linux-64/repodata.json.zst']) };
}

async function kept({ id }: World): Promise<number[]> {
  const rows = await catalog.db.selectFrom('publication').select('no').where('channel_id', '=', id).execute();
  return rows.map(({ no }) => no);
}

type Deed = (world: World) => Promise<unknown>;
const ignore = () => {};

function moveClock(hours: number): void {
  catalog.clock.ms += hours * hourMs;
}

const upstream = ['a-1-0.conda', 'a-2-0.conda', 'a-2-0.tar.bz2', 'b-1-0.tar.bz2', 'own-1-0.conda'];
const patches = [
  {},
  { packages: { 'a-2-0.tar.bz2': { license: 'GPL-3.0-only' } } },
  { 'packages.conda': { 'a-1-0.conda': { depends: ['b'] } }, remove: ['b-1-0.tar.bz2'] },
];
const upload = fc.nat(2).map(
  (k): Deed =>
    ({ id, path }) =>
      catalog.upload(id, path, packages[k]!).catch(ignore),
);
const deed: fc.Arbitrary<Deed> = fc.oneof(
  { arbitrary: upload, weight: 2 },
  fc.nat(2).map(
    (k): Deed =>
      (world) => {
        const one = { subdir: 'linux-64', file: packages[k]!.fileName };
        return deleteFiles(catalog, world, { name: 'own', one }, ada).catch(ignore);
      },
  ),
  fc.record({ k: fc.nat(1), files: fc.subarray(upstream), licence: fc.constantFrom('MIT', 'GPL-3.0-only') }).map(
    ({ k, files, licence }): Deed =>
      async ({ mirrors }) => {
        const { id, sourceId } = mirrors[k]!;
        const records = files.map((file) => {
          const [name, version] = file.split('-') as [string, string];
          const sha256 = sha256Of(Buffer.from(`${k} ${file} ${licence}`));
          return [file, testRecord(name, version, { license: licence, sha256 })];
        });
        const { revision } = await catalog.admit(Object.fromEntries(records), { sourceId });
        await catalog.editMirror(id, { at_rev: revision });
      },
  ),
  fc.constantFrom({}, { exclude_licenses: ['gpl3'] }, { exclude_specs: ['a=1'] }).map(
    (filters): Deed =>
      ({ id }) =>
        catalog.editChannel(id, { filters: JSON.stringify(filters) }),
  ),
  fc.constantFrom(...patches).map(
    (document): Deed =>
      async ({ id }) => {
        const wish = patchWish('linux-64', Buffer.from(JSON.stringify({ patch_instructions_version: 1, ...document })));
        await setPatches(catalog, (await findChannelById(catalog.db, id))!, [wish], ada);
      },
  ),
  fc.nat(1000).map(
    (n): Deed =>
      async (world) => {
        const numbers = await kept(world);
        await rollBack(catalog, world, `${numbers[n % numbers.length]}`, ada);
      },
  ),
  { arbitrary: fc.constant<Deed>(({ id }) => catalog.editChannel(id, { frozen: false })), weight: 2 },
  fc.integer({ min: 1, max: 24 * 20 }).map(
    (hours): Deed =>
      async () =>
        moveClock(hours),
  ),
  fc.array(upload, { maxLength: 3 }).map(
    (uploads): Deed =>
      (world) =>
        Promise.all([collect(catalog), ...uploads.map((one) => one(world))]),
  ),
);

async function act(world: World, deeds: readonly Deed[]): Promise<void> {
  for (const one of deeds) {
    catalog.clock.ms += 1000;
    await one(world);
    await publishChannel(catalog, world.id, 'deed');
  }
}

it('a publication reads the same before and after much else, and a collection that drops others while uploads go on', async () => {
  let worlds = 0;
  const dropped = { numbers: 0 };
  const first = fc.array(deed, { minLength: 4, maxLength: 8 });
  const further = fc.array(
    deed,
    isLong ? { minLength: 1000, maxLength: 1000, size: 'max' } : { minLength: 8, maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(first, fc.nat(100), further, async (before, pinned, deeds) => {
      const path = `c${++worlds}`;
      const world: World = { id: await catalog.addChannel(path), path, mirrors: [] };
      for (let k = 0; k < 2; k++) {
        const { sourceId } = await catalog.admit({ [upstream[k]!]: testRecord('a', `${k + 1}`) });
        world.mirrors.push({ sourceId, id: await catalog.addMirror(world.id, sourceId) });
      }
      await publishChannel(catalog, world.id, 'first');
      await act(world, before);
      await catalog.upload(world.id, path, packages[0]!).catch(ignore);
      await publishChannel(catalog, world.id, 'before');
      const readings = new Map<number, Reading>();
      for (const no of await kept(world)) readings.set(no, await read(world, no));
      const numbers = [...readings.keys()];
      await pinPublication(catalog, world, { name: 'kept', ref: `${numbers[pinned % numbers.length]}` }, ada);

      await act(world, deeds);
      moveClock(400 * 24);
      const uploads = packages.map((one) => catalog.upload(world.id, path, one).catch(ignore));
      await Promise.all([collect(catalog), ...uploads]);
      // What was condemned goes.
      moveClock(30);
      await Promise.all([collect(catalog), publishChannel(catalog, world.id, 'meanwhile')]);

      const left = new Set(await kept(world));
      for (const [no, reading] of readings) {
        if (!left.has(no)) {
          dropped.numbers++;
          continue;
        }
        const { files, ...again } = await read(world, no);
        expect(again).toEqual({ entries: reading.entries, texts: reading.texts });
        for (const [file, answer] of Object.entries(reading.files)) {
          if (file.startsWith('own-') && [answer, files[file]].includes('deleted')) continue;
          expect(files[file], file).toBe(answer);
        }
      }
    }),
    { numRuns: isLong ? 2 : 4, endOnFailure: isLong },
  );
  expect(dropped.numbers).toBeGreaterThan(0);
});
