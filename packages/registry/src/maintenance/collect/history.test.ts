import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { findBlob, headNumbers, keepState } from '@sluice/catalog';
import { usualRetention } from '@sluice/policy';
import { publishChannel } from '@sluice/publish';
import { type BlobStore, blobRef } from '@sluice/storage';
import { type BuiltPackage, buildCondaPackage, createTestCatalog, type TestCatalog, testRecord } from '@sluice/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { admitBytes } from '../../admit/bytes.ts';
import { deleteFiles } from '../../channels/delete-files.ts';
import { keptNumbers } from '../../retention.ts';
import { beginMaintenance, type MaintenanceDeps, maintenanceSlice } from '../index.ts';
import { readShardFiles } from '../read-shard.ts';
import type { Collection } from './context.ts';
import { removeBlobs } from './remove-blobs.ts';
import { emptyReport } from './report.ts';

const isLong = Boolean(process.env.LONG);
// For a machine that has other work, too.
vi.setConfig({ testTimeout: isLong ? 3_600_000 : 600_000 });
const hourMs = 60 * 60 * 1000;

let catalog: TestCatalog;
let packages: BuiltPackage[];
let digests: Buffer[];
beforeAll(async () => {
  catalog = await createTestCatalog();
  const wishes = ['a', 'b', 'own'].flatMap((name) => ['1', '2'].map((version) => ({ name, version })));
  packages = await Promise.all(wishes.map((wish) => buildCondaPackage({ ...wish, subdir: 'linux-64' })));
  digests = packages.map(({ bytes }) => createHash('sha256').update(bytes).digest());
});
afterAll(() => catalog.close());

/** Dies at the n-th deed that takes something away or moves it, before it or just after it, as if killed. */
function dyingStore(storage: BlobStore, mayStep: () => boolean, isAfter: boolean): BlobStore {
  const dying =
    <A extends unknown[], R>(deed: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      const dies = !mayStep();
      if (dies && !isAfter) throw new Error('killed');
      const result = await deed(...args);
      if (dies) throw new Error('killed');
      return result;
    };
  const { delete: remove, deletePack, repack } = storage;
  return { ...storage, delete: dying(remove), deletePack: dying(deletePack), repack: dying(repack) };
}

/** One collection; killed after so many steps, between pieces or inside of one, and taken up again. */
async function collectThroughKills(kills: readonly number[], between: () => Promise<unknown>): Promise<void> {
  const { run } = await beginMaintenance(catalog, { kind: 'collect', options: { dry_run: false } }, 'tester');
  for (let attempt = 0; ; attempt++) {
    let left = kills[attempt] ?? Number.POSITIVE_INFINITY;
    const mayStep = () => left-- > 0;
    const signal = {
      throwIfAborted: () => void (mayStep() || fail()),
      get aborted() {
        return left < 0;
      },
    };
    const deps: MaintenanceDeps = { ...catalog, storage: dyingStore(catalog.storage, mayStep, attempt % 2 === 0) };
    const end = await maintenanceSlice(deps, run.id, {
      budget_ms: left % 3 === 0 ? 0 : 60_000,
      signal: signal as unknown as AbortSignal,
    }).catch((error: Error) => {
      if (error.message !== 'killed') throw error;
      return { status: 'again' as const };
    });
    if (end.status === 'failed') throw end.error;
    if (end.status !== 'again') return;
    await between();
  }
}

function fail(): never {
  throw new Error('killed');
}

interface World {
  channel: number;
  path: string;
  mirror: string;
  sourceId: number;
}

/** What every kept publication shows: entry keys with the bytes behind them, and the package files in the shards. */
async function shownBy(world: World): Promise<{ entries: Map<string, string>; files: Set<string> }> {
  const rows = await catalog.db
    .selectFrom('entry')
    .innerJoin('blob', 'blob.sha256', 'entry.blob')
    .select(['kind', 'key', 'from_no', 'to_no', 'blob.sha256', 'size', 'pack', 'pack_offset'])
    .where('channel_id', '=', world.channel)
    .execute();
  const state = (await keepState(catalog.db, world.channel))!;
  const kept = keptNumbers(state, usualRetention, catalog.now());
  const [entries, files] = [new Map<string, string>(), new Set<string>()];
  for (const row of rows) {
    const listed = kept.filter((no) => row.from_no <= no && (row.to_no === null || no < row.to_no));
    if (listed.length === 0) continue;
    const bytes = await catalog.storage.read(blobRef(row));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(Buffer.from(row.sha256).toString('hex'));
    for (const no of listed) entries.set(`${no} ${row.kind} ${row.key}`, Buffer.from(row.sha256).toString('hex'));
    if (row.kind !== 'shard') continue;
    for (const { sha256 } of await readShardFiles(catalog.storage, row)) files.add(String(sha256));
  }
  return { entries, files };
}

async function localFiles(): Promise<Set<string>> {
  const local = new Set<string>();
  for (const digest of digests) {
    const row = await findBlob(catalog.db, digest);
    if (!row) continue;
    const bytes = await catalog.storage.read(blobRef(row));
    expect(createHash('sha256').update(bytes).digest()).toEqual(digest);
    local.add(digest.toString('hex'));
  }
  return local;
}

async function liveUploads({ channel }: World): Promise<Set<string>> {
  const rows = await catalog.db
    .selectFrom('record')
    .innerJoin('source', 'source.id', 'record.source_id')
    .select('body')
    .where('source.channel_id', '=', channel)
    .where('to_rev', 'is', null)
    .execute();
  return new Set(rows.map(({ body }) => JSON.parse(Buffer.from(body).toString()).sha256 as string));
}

type Deed = (world: World) => Promise<unknown>;
const which = fc.nat(3);

const upload = fc.nat(5).map(
  (k): Deed =>
    ({ channel, path }) =>
      catalog.upload(channel, path, packages[k]!).catch(ignore),
);
const quick: fc.Arbitrary<Deed> = fc.oneof(
  upload,
  fc.nat(5).map(
    (k): Deed =>
      async ({ channel, path }) => {
        const { fileName: file } = packages[k]!;
        const one = { name: file.split('-')[0]!, one: { subdir: 'linux-64', file } };
        await deleteFiles(catalog, { id: channel, path }, one, { id: 'x', name: 'tester' }).catch(ignore);
      },
  ),
  which.map(
    (k): Deed =>
      async ({ sourceId }) => {
        const receiving = await catalog.storage.receive();
        await receiving.write(packages[k]!.bytes);
        const file = {
          receiving,
          sourceId,
          subdir: 'linux-64',
          file: packages[k]!.fileName,
          fromRev: 1,
          hasSha256: true,
        };
        await admitBytes(catalog, [file]);
      },
  ),
  fc.subarray([0, 1, 2, 3]).map(
    (shown): Deed =>
      async ({ sourceId, mirror }) => {
        const records = shown.map((k) => {
          const [name, version] = packages[k]!.fileName.split('-') as [string, string];
          return [packages[k]!.fileName, { ...testRecord(name, version), sha256: digests[k]!.toString('hex') }];
        });
        const { revision } = await catalog.admit(Object.fromEntries(records), { sourceId });
        await catalog.editMirror(mirror, { at_rev: revision });
      },
  ),
  fc.constantFrom({}, { exclude_specs: ['a'] }, { exclude_specs: ['b 1'] }).map(
    (filters): Deed =>
      ({ channel }) =>
        catalog.editChannel(channel, { filters: JSON.stringify(filters) }),
  ),
  fc.constant<Deed>(({ channel }) => publishChannel(catalog, channel, 'deed')),
);
const slow: fc.Arbitrary<Deed> = fc.oneof(
  fc.integer({ min: 1, max: 60 * 24 }).map(
    (hours): Deed =>
      async () =>
        moveClock(hours),
  ),
  fc.nat(5).map(
    (back): Deed =>
      async ({ channel }) => {
        const rows = await catalog.db
          .selectFrom('publication')
          .select('no')
          .where('channel_id', '=', channel)
          .execute();
        const no = rows.at(-1 - back)?.no;
        const pin = {
          channel_id: channel,
          name: `pin-${no}`,
          no: no!,
          created_at: catalog.now(),
          created_by: 'tester',
        };
        if (no !== undefined)
          await catalog.db
            .insertInto('pin')
            .values(pin)
            .onConflict((it) => it.doNothing())
            .execute();
      },
  ),
);

function ignore(): void {}

function moveClock(hours: number): void {
  catalog.clock.ms += hours * hourMs;
}

it('nothing is collected that a kept publication or an upload needs, whatever happens meanwhile, killed or not', async () => {
  let worlds = 0;
  const deeds = fc.array(fc.oneof({ arbitrary: quick, weight: 3 }, slow), { minLength: 3, maxLength: 10 });
  const round = fc.record({
    deeds,
    kills: fc.array(fc.nat(25), { maxLength: 3 }),
    meanwhile: fc.array(quick, { maxLength: 6 }),
    hours: fc.integer({ min: 1, max: 24 * 40 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(round, { minLength: 2, maxLength: 4 }), async (rounds) => {
      const path = `c${++worlds}`;
      const channel = await catalog.addChannel(path);
      const { sourceId } = await catalog.admit({});
      const world: World = { channel, path, sourceId, mirror: await catalog.addMirror(channel, sourceId) };
      for (const { deeds: before, kills, meanwhile, hours } of rounds) {
        for (const deed of before) {
          catalog.clock.ms += 1000;
          await deed(world);
        }
        await publishChannel(catalog, channel, 'round');
        catalog.clock.ms += hours * hourMs;
        const [shown, local] = [await shownBy(world), await localFiles()];
        const pending = [...meanwhile];
        const uploading = Promise.all(pending.map((deed) => deed(world)));
        await collectThroughKills(kills, async () => {});
        await uploading;
        const [after, localAfter, uploads] = [await shownBy(world), await localFiles(), await liveUploads(world)];
        for (const [key, digest] of shown.entries) expect(after.entries.get(key), key).toBe(digest);
        // A file that a publication begins to list meanwhile may have gone just before: its mirror brings it again.
        for (const file of shown.files) if (local.has(file)) expect(localAfter).toContain(file);
        for (const file of uploads) expect(localAfter).toContain(file);
      }
    }),
    { numRuns: isLong ? 300 : 6 },
  );
});

it('bytes that are uploaded again while they are being removed are there when that is acknowledged', async () => {
  const channel = await catalog.addChannel('again');
  const [one, digest] = [packages[4]!, digests[4]!];
  const choice = { name: 'own', one: { subdir: 'linux-64', file: one.fileName } };
  const ends = { removed: 0, pardoned: 0 };
  // How much sooner the upload begins: it chases the moment at which both come first, however fast this machine is now.
  const lead = { ms: 0, step: 1, last: '' };
  // Both shall come first often enough; a machine that is now slow and now quick takes longer to be caught at it.
  const isEnough = () => Math.min(ends.removed, ends.pardoned) > 3;
  const rounds = isLong ? 3000 : 60;
  for (let round = 0; round < rounds || (round < rounds * 6 && !isEnough()); round++) {
    await catalog.upload(channel, 'again', one);
    await deleteFiles(catalog, { id: channel, path: 'again' }, choice, { id: 'x', name: 'tester' });
    const condemned_at = new Date(catalog.clock.ms);
    await catalog.db.updateTable('blob').set({ condemned_at }).where('sha256', '=', digest).execute();
    catalog.clock.ms += hourMs;
    const heads = await headNumbers(catalog.db);
    const report = emptyReport(false, catalog.now(), 1);
    const due = catalog.now();
    const collection: Collection = { deps: catalog, report, dryRun: false, asOf: due, due, heads, sparse: [], marks };
    const [again] = await Promise.all([
      sleep(Math.max(0, -lead.ms)).then(() => catalog.upload(channel, 'again', one)),
      sleep(Math.max(0, lead.ms)).then(() => removeBlobs(collection)),
    ]);
    expect(again.status).toBe('created');
    const end = report.removed.count > 0 ? 'removed' : 'pardoned';
    ends[end]++;
    lead.step = Math.min(64, Math.max(1, end === lead.last ? lead.step * 2 : lead.step / 2));
    lead.ms += end === 'removed' ? lead.step : -lead.step;
    lead.last = end;
    const row = await findBlob(catalog.db, digest);
    expect(row).toBeDefined();
    expect(Buffer.compare(await catalog.storage.read(blobRef(row!)), one.bytes)).toBe(0);
    await deleteFiles(catalog, { id: channel, path: 'again' }, choice, { id: 'x', name: 'tester' });
  }
  expect(isEnough()).toBe(true);
});

async function marks(): Promise<never> {
  throw new Error('removing asks for no marks');
}
