import { createHash } from 'node:crypto';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import {
  findChannelById,
  headDocuments,
  insertBlobs,
  listConflicts,
  liveEntries,
  liveRecordPages,
  lockKeepingMirror,
  replacePatches,
  replaceShards,
} from '@sluice/catalog';
import { decodeShard, encodeShard, parseJsonObject } from '@sluice/formats/conda';
import { addRecords, factsBuilder } from '@sluice/policy';
import { deleteFiles, settleKept, vanishedFiles } from '@sluice/registry';
import { blobRef, putSmallBlobs } from '@sluice/storage';
import { type BuiltPackage, buildCondaPackage, createTestCatalog, type TestCatalog, testRecord } from '@sluice/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { findFile } from './find-file.ts';
import { ruledLayers } from './layers.ts';
import { writeMonolith } from './monolith/write-monolith.ts';
import { publishChannel } from './publish-channel.ts';
import { signaturesOf } from './select.ts';

const isLong = Boolean(process.env.LONG);
// For a machine that has other work, too.
vi.setConfig({ testTimeout: isLong ? 3_600_000 : 600_000 });

let catalog: TestCatalog;
let packages: BuiltPackage[];
beforeAll(async () => {
  catalog = await createTestCatalog();
  const runExports = { weak: ['own >=1'] };
  packages = await Promise.all(
    ['a', 'own'].map((name) => buildCondaPackage({ name, version: '1', subdir: 'linux-64', runExports })),
  );
});
afterAll(() => catalog.close());

const upstreamFiles = ['a-1-0.conda', 'a-2-0.conda', 'a-2-0.tar.bz2', 'b-1-0.tar.bz2'];
const document = fc
  .uniqueArray(
    fc.tuple(
      fc.constantFrom(...upstreamFiles),
      fc.constantFrom('MIT', 'GPL-3.0-only'),
      fc.constantFrom([], ['b'], ['a 2']),
      fc.constantFrom('1', '2'),
    ),
    { selector: ([file]) => file },
  )
  .map((entries) =>
    Object.fromEntries(
      entries.map(([file, license, depends, digit]) => {
        const [name, version] = file.split('-') as [string, string];
        return [file, testRecord(name, version, { license, depends, sha256: digit.repeat(64) })];
      }),
    ),
  );

type World = { channel: number; mirrors: { id: string; sourceId: number; revision: number }[] };
type Deed = (world: World) => Promise<unknown>;

const which = fc.nat(1);

/** As an upstream serves them: with other bytes than ours, which only its own order of words tells. */
async function serveShards({ mirrors }: World, k: number): Promise<void> {
  const { sourceId, id } = mirrors[k]!;
  const part = { source_id: sourceId, subdir: 'linux-64' };
  const revision = mirrors[k]!.revision + 1;
  const begun = [];
  for await (const records of liveRecordPages(catalog.db, part, revision)) {
    for (const name of ['a', 'b']) {
      const own = records.filter(({ file }) => file.startsWith(`${name}-`));
      if (own.length === 0) continue;
      const builder = factsBuilder('linux-64');
      addRecords(builder, own);
      const rows = Uint32Array.from(own.keys());
      const shown = { name, count: own.length, parts: [{ layer: 0, rows }] };
      const selection = { facts: builder.build(), verdicts: new Uint8Array(own.length) };
      const signature = signaturesOf([selection], [shown])[0]!;
      const shard = encodeShard({
        records: own.map(({ file, body }) => ({
          bucket: file.endsWith('.conda') ? 'packages.conda' : 'packages',
          fn: file,
          record: parseJsonObject(body, file, 'record_shape'),
        })),
        removed: [`gone-${k}-0.conda`],
      });
      const [blob] = await putSmallBlobs(catalog.storage, [zstdCompressSync(shard)]);
      await insertBlobs(catalog.db, [blob!], catalog.now());
      begun.push({ name, sha256: blob!.sha256, signature });
    }
  }
  await replaceShards(catalog.db, part, revision, { ended: 'all', begun });
  await catalog.db.updateTable('source').set({ revision }).where('id', '=', sourceId).execute();
  await catalog.db.updateTable('source_part').set({ revision }).where('source_id', '=', sourceId).execute();
  mirrors[k]!.revision = revision;
  await catalog.editMirror(id, { at_rev: revision });
}

/** The shards that an upstream serves end with it. */
async function dropShards({ mirrors }: World, k: number): Promise<void> {
  const { sourceId, id } = mirrors[k]!;
  const revision = mirrors[k]!.revision + 1;
  await replaceShards(catalog.db, { source_id: sourceId, subdir: 'linux-64' }, revision, { ended: 'all', begun: [] });
  await catalog.db.updateTable('source').set({ revision }).where('id', '=', sourceId).execute();
  await catalog.db.updateTable('source_part').set({ revision }).where('source_id', '=', sourceId).execute();
  mirrors[k]!.revision = revision;
  await catalog.editMirror(id, { at_rev: revision });
}

const patches = [
  {},
  { packages: { 'a-2-0.tar.bz2': { license: 'GPL-3.0-only' } } },
  { 'packages.conda': { 'a-1-0.conda': { depends: ['b'] } }, remove: ['b-1-0.tar.bz2'] },
];

async function patchChannel({ channel }: World, instructions: object): Promise<void> {
  const text = JSON.stringify({ patch_instructions_version: 1, ...instructions });
  const sha256 = createHash('sha256').update(text).digest();
  const change = { subdirs: ['linux-64'], patches: [{ subdir: 'linux-64', text, sha256 }] };
  await replacePatches(catalog.db, channel, { ...change, now: catalog.now(), by: 'tester' });
}

/** What a mirror does to what it keeps before it moves to a revision of its source, which it may be at already. */
async function keep(mirrorId: string, revision: number): Promise<void> {
  await catalog.db.transaction().execute(async (trx) => {
    const mirror = (await lockKeepingMirror(trx, mirrorId))!;
    const { source_id, at_rev } = mirror;
    const definition = { types: ['conda' as const], channel: {}, mirror: { filters: {}, keepLegacy: true } };
    const before = { sourceId: source_id, revision: at_rev, definition };
    const vanished = mirror.keep_removed ? await vanishedFiles({ ...catalog, db: trx }, before, revision) : [];
    await settleKept(trx, mirror, { source_id, revision }, vanished, { cause: 'vanish' }, catalog.now());
  });
}

const mirrorFilters = [
  {},
  { exclude_licenses: ['gpl3'] },
  { only_specs: ['a=2'] },
  { only_specs: ['a'], include_dependencies: true },
  { only_specs: ['a=2'], include_dependencies: true, exclude_licenses: ['gpl3'] },
];

const deed: fc.Arbitrary<Deed> = fc.oneof(
  fc.tuple(which, document).map(([k, records]) => async ({ mirrors }: World) => {
    const mirror = mirrors[k]!;
    mirror.revision = (await catalog.admit(records, { sourceId: mirror.sourceId })).revision;
    await keep(mirror.id, mirror.revision);
    await catalog.editMirror(mirror.id, { at_rev: mirror.revision });
  }),
  which.map((k) => async ({ mirrors }: World) => {
    catalog.clock.ms += 2 * 86_400_000;
    await keep(mirrors[k]!.id, mirrors[k]!.revision);
  }),
  fc.tuple(which, fc.constantFrom(...mirrorFilters)).map(
    ([k, filters]) =>
      ({ mirrors }: World) =>
        catalog.editMirror(mirrors[k]!.id, { filters: JSON.stringify(filters) }),
  ),
  fc.constantFrom({}, { exclude_specs: ['b'] }, { include_licenses: ['MIT'], include_specs: ['b'] }).map(
    (filters) =>
      ({ channel }: World) =>
        catalog.editChannel(channel, { filters: JSON.stringify(filters) }),
  ),
  which.map(
    (k) =>
      ({ channel }: World) =>
        catalog.upload(channel, 'c', packages[k]!),
  ),
  which.map((k) => async ({ channel }: World) => {
    const { fileName: file } = packages[k]!;
    const one = { name: file.split('-')[0]!, one: { subdir: 'linux-64', file } };
    await deleteFiles(catalog, { id: channel, path: 'c' }, one, { id: 'x', name: 'tester' }).catch(() => {});
  }),
  fc.boolean().map(
    (frozen) =>
      ({ channel }: World) =>
        catalog.editChannel(channel, { frozen }),
  ),
  fc.tuple(which, fc.constantFrom('active', 'passive')).map(
    ([k, mode]) =>
      ({ mirrors }: World) =>
        catalog.db
          .updateTable('mirror')
          .set({ mode: mode as 'active' })
          .where('id', '=', mirrors[k]!.id)
          .execute(),
  ),
  which.map((k) => (world: World) => serveShards(world, k)),
  which.map((k) => (world: World) => dropShards(world, k)),
  fc.constantFrom(...patches).map((instructions) => (world: World) => patchChannel(world, instructions)),
  fc.constant(() => catalog.db.deleteFrom('facts').execute()),
);

async function headOf(channel: number): Promise<string[]> {
  const entries = [
    ...(await liveEntries(catalog.db, channel, 'shard', '')),
    ...(await liveEntries(catalog.db, channel, 'index', '')),
  ];
  return entries.map((entry) =>
    JSON.stringify(entry, (_, value) => (value?.type === 'Buffer' ? hexOf(value.data) : value)),
  );
}

const hexOf = (bytes: number[]) => Buffer.from(bytes).toString('hex');

/** The totals of the head, and those counted anew. */
async function expectTotalsToAgree(channel: number): Promise<void> {
  const { head_no } = (await findChannelById(catalog.db, channel))!;
  const shards = await liveEntries(catalog.db, channel, 'shard', '');
  const totals = await catalog.db
    .selectFrom('publication')
    .select(['files', 'packages'])
    .where('channel_id', '=', channel)
    .where('no', '=', head_no)
    .executeTakeFirst();
  const files = shards.reduce((sum, shard) => sum + shard.files, 0);
  expect(totals ?? { files: 0, packages: 0 }).toEqual({ files, packages: new Set(shards.map(nameOf)).size });
}

const nameOf = ({ key }: { key: string }) => key.slice(key.indexOf('/') + 1);

/** One map of a repodata.json. */
type Listed = Record<string, { size: number; sha256?: string }>;

/** What the index lists, the door gives: those very bytes. */
async function expectDoorToAgree(channel: number): Promise<void> {
  const row = (await findChannelById(catalog.db, channel))!;
  const layers = await ruledLayers(catalog.db, row, catalog.neededFiles);
  await writeMonolith(catalog, channel);
  const repodata = (await headDocuments(catalog.db, channel)).find(({ key }) => key === 'linux-64/repodata.json.zst');
  if (!repodata) return;
  const text = zstdDecompressSync(await catalog.storage.read(blobRef(repodata))).toString();
  const { packages: legacy, 'packages.conda': conda } = JSON.parse(text) as Record<string, Listed>;
  expect(Object.keys({ ...legacy, ...conda }).sort()).toEqual(await filesOfShards(channel));
  for (const [file, { sha256, size }] of Object.entries({ ...legacy, ...conda })) {
    const answer = await findFile(catalog, { channelId: channel, layers, subdir: 'linux-64', file });
    expect(answer, file).toMatchObject({ status: 'served', expected: { size, ...(sha256 && { sha256 }) } });
  }
}

async function filesOfShards(channel: number): Promise<string[]> {
  const blobs = await catalog.db
    .selectFrom('entry')
    .innerJoin('blob', 'blob.sha256', 'entry.blob')
    .selectAll('blob')
    .where('channel_id', '=', channel)
    .where('kind', '=', 'shard')
    .where('to_no', 'is', null)
    .execute();
  const files: string[] = [];
  for (const blob of blobs) {
    const { records } = decodeShard(zstdDecompressSync(await catalog.storage.read(blobRef(blob))));
    files.push(...records.map(({ fn }) => fn));
  }
  return files.sort();
}

/** What two mirrors have with different bytes. */
async function conflictsOf(channel: number): Promise<string[]> {
  const { rows } = await listConflicts(catalog.db, channel, { limit: 100, offset: 0 });
  return rows.map(({ seen_at: _, ...row }) => JSON.stringify(row));
}

async function publishAnew(channel: number): Promise<void> {
  await catalog.db.deleteFrom('entry').where('channel_id', '=', channel).execute();
  await catalog.db.deleteFrom('publication').where('channel_id', '=', channel).execute();
  await catalog.db
    .updateTable('channel')
    .set({ head_no: 0, monolith_no: 0, judged: null })
    .where('id', '=', channel)
    .execute();
  await publishChannel(catalog, channel, 'anew');
}

/** Names are read as if they were few, or as if they were many, and their shards made out of the last ones, in batches. */
const scale = fc.constantFrom({}, { fewNames: 0, spliceFrom: 1, batchRecords: 3 });

it('a channel published after every deed shows, to the byte, what one published in the end does', async () => {
  let worlds = 0;
  await fc.assert(
    fc.asyncProperty(scale, fc.array(deed, { minLength: 1, maxLength: 10 }), document, async (limits, deeds, first) => {
      const deps = { ...catalog, ...limits };
      const channel = await catalog.addChannel(`c${++worlds}`);
      const mirrors: World['mirrors'] = [];
      for (const keepLegacy of [false, true]) {
        const { sourceId, revision } = await catalog.admit(first);
        mirrors.push({ id: await catalog.addMirror(channel, sourceId, { keepLegacy }), sourceId, revision });
      }
      // One of the two keeps for a day what vanishes upstream.
      await catalog.db
        .updateTable('mirror')
        .set({ keep_removed: true, grace_days: 1 })
        .where('id', '=', mirrors[1]!.id)
        .execute();
      await publishChannel(deps, channel, 'first');
      for (const one of deeds) {
        catalog.clock.ms += 1000;
        await one({ channel, mirrors });
        await publishChannel(deps, channel, 'deed');
      }
      await catalog.editChannel(channel, { frozen: false });
      await publishChannel(deps, channel, 'last');
      expect(await publishChannel(catalog, channel, 'reindex', { from: 'scratch' })).toEqual({ status: 'unchanged' });
      await expectTotalsToAgree(channel);
      await expectDoorToAgree(channel);
      const head = await headOf(channel);
      const conflicts = await conflictsOf(channel);
      await catalog.db.deleteFrom('file_conflict').where('channel_id', '=', channel).execute();
      await publishAnew(channel);
      expect(await headOf(channel)).toEqual(head);
      expect(await conflictsOf(channel)).toEqual(conflicts);
    }),
    { numRuns: isLong ? 500 : 12 },
  );
});
