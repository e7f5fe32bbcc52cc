import { findChannelById } from '@sluice/catalog';
import type { MirrorFilters } from '@sluice/policy';
import { patchWish, setPatches } from '@sluice/registry';
import { createTestCatalog, type TestCatalog, testRecord } from '@sluice/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { publishChannel } from './publish-channel.ts';
import { rollBack } from './rollback.ts';

// Layers that come, go, change places, sources and filters, and runs that fail: nothing touched is passed over.

const isLong = Boolean(process.env.LONG);
// For a machine that has other work, too.
vi.setConfig({ testTimeout: isLong ? 3_600_000 : 600_000 });

let catalog: TestCatalog;
beforeAll(async () => {
  catalog = await createTestCatalog();
});
afterAll(() => catalog.close());

interface World {
  channel: number;
  path: string;
  /** Two sources of linux-64 and noarch, and the revision each has. */
  sources: { id: number; revision: number }[];
}
type Deed = (world: World) => Promise<unknown>;

const files = {
  'linux-64': ['a-1-0.conda', 'a-1-0.tar.bz2', 'b-1-0.conda', 'b-2-0.tar.bz2'],
  noarch: ['n-1-0.conda', 'n-2-0.conda', 'm-1-0.conda'],
};
const record = fc.record({
  depends: fc.subarray(['n', 'n >=2', 'm']),
  license: fc.constantFrom('MIT', 'GPL-3.0-only'),
});
const contents = (subdir: keyof typeof files) => fc.dictionary(fc.constantFrom(...files[subdir]), record);
const nth = fc.nat(1);

async function admit({ sources }: World, k: number, subdir: string, records: Record<string, object>): Promise<void> {
  const listed = Object.entries(records).map(([file, more]) => {
    const [name, version] = file.split('-') as [string, string];
    return [file, testRecord(name, version, { subdir, ...more })];
  });
  const sourceId = sources[k]!.id;
  sources[k]!.revision = (await catalog.admit(Object.fromEntries(listed), { sourceId, subdir })).revision;
}

async function mirrorsOf({ channel }: World) {
  return catalog.db.selectFrom('mirror').selectAll().where('channel_id', '=', channel).orderBy('position').execute();
}

/** A deed on one of the mirrors, if there is any. */
const onMirror =
  (n: number, set: (world: World, mirror: { source_id: number }) => Record<string, unknown>): Deed =>
  async (world) => {
    const mirrors = await mirrorsOf(world);
    const mirror = mirrors[n % Math.max(1, mirrors.length)];
    if (!mirror) return;
    await catalog.db
      .updateTable('mirror')
      .set(set(world, mirror) as never)
      .where('id', '=', mirror.id)
      .execute();
  };

const filters = fc.constantFrom<MirrorFilters>(
  {},
  { subdirs: ['linux-64'] },
  { subdirs: ['linux-64'], exclude_specs: ['a'] },
  { exclude_specs: ['b', 'n=2'] },
  { exclude_licenses: ['gpl3'], include_specs: ['a'] },
  { only_specs: ['a', 'm'] },
  { only_specs: ['a'] },
  { exclude_specs: ['b*', 'n[build=0]'] },
);
const patches = [{}, { 'packages.conda': { 'a-1-0.conda': { depends: ['m'] } } }, { remove: ['b-1-0.conda'] }];

const deed: fc.Arbitrary<Deed> = fc.oneof(
  fc.tuple(nth, contents('linux-64')).map(
    ([k, records]): Deed =>
      (world) =>
        admit(world, k, 'linux-64', records),
  ),
  fc.tuple(nth, contents('noarch')).map(
    ([k, records]): Deed =>
      (world) =>
        admit(world, k, 'noarch', records),
  ),
  fc.tuple(nth, fc.boolean(), filters).map(
    ([k, keepLegacy, some]): Deed =>
      (world) => {
        const { id, revision } = world.sources[k]!;
        return catalog.addMirror(world.channel, id, { atRev: revision, keepLegacy, filters: some });
      },
  ),
  fc.nat(3).map(
    (n): Deed =>
      async (world) => {
        const mirrors = await mirrorsOf(world);
        if (mirrors.length < 2) return;
        await catalog.db
          .deleteFrom('mirror')
          .where('id', '=', mirrors[n % mirrors.length]!.id)
          .execute();
      },
  ),
  fc.tuple(fc.nat(3), fc.nat(3)).map(([n, position]) => onMirror(n, () => ({ position }))),
  fc
    .nat(3)
    .map((n) =>
      onMirror(n, ({ sources }, { source_id }) => ({ at_rev: sources.find(({ id }) => id === source_id)!.revision })),
    ),
  fc
    .tuple(fc.nat(3), nth)
    .map(([n, k]) => onMirror(n, ({ sources }) => ({ source_id: sources[k]!.id, at_rev: sources[k]!.revision }))),
  fc.tuple(fc.nat(3), filters).map(([n, some]) => onMirror(n, () => ({ filters: JSON.stringify(some) }))),
  fc.tuple(fc.nat(3), fc.boolean()).map(([n, keep_legacy]) => onMirror(n, () => ({ keep_legacy }))),
  filters.map((some): Deed => {
    const { subdirs: _, only_specs: __, ...channel } = some;
    return (world) => catalog.editChannel(world.channel, { filters: JSON.stringify(channel) });
  }),
  fc.tuple(fc.nat(3), fc.subarray([...files['linux-64'], ...files.noarch])).map(
    ([n, failed]): Deed =>
      async (world) => {
        const mirrors = await mirrorsOf(world);
        const mirror = mirrors[n % Math.max(1, mirrors.length)];
        if (!mirror) return;
        const id = catalog.newId();
        await catalog.db
          .insertInto('run')
          .values({ id, mirror_id: mirror.id, state: 'completed', cause: 'test', created_at: catalog.now() } as never)
          .execute();
        for (const file of failed) {
          const subdir = /^[nm]-/.test(file) ? 'noarch' : 'linux-64';
          await catalog.db
            .insertInto('run_item')
            .values({ run_id: id, subdir, file, from_rev: 1, state: 'failed' } as never)
            .execute();
        }
      },
  ),
  fc.constantFrom(...patches).map(
    (document): Deed =>
      async ({ channel }) => {
        const wish = patchWish('linux-64', Buffer.from(JSON.stringify(document)));
        await setPatches(catalog, (await findChannelById(catalog.db, channel))!, [wish], { id: 'x', name: 'ada' });
      },
  ),
  fc.nat(20).map(
    (n): Deed =>
      async ({ channel, path }) => {
        const rows = await catalog.db
          .selectFrom('publication')
          .select('no')
          .where('channel_id', '=', channel)
          .execute();
        if (rows.length > 0)
          await rollBack(catalog, { id: channel, path }, `${rows[n % rows.length]!.no}`, { name: 'ada' });
        await catalog.editChannel(channel, { frozen: false });
      },
  ),
  fc.constant<Deed>(() => catalog.db.deleteFrom('facts').execute()),
);

/** Names are read as if they were few, or as if they were many, and their shards made out of the last ones, in batches. */
const scale = fc.constantFrom({}, { fewNames: 0, spliceFrom: 1, batchRecords: 3 });

it('after every change of layers a channel shows what it would if all were judged anew', async () => {
  let worlds = 0;
  await fc.assert(
    fc.asyncProperty(
      scale,
      fc.array(fc.array(deed, { minLength: 1, maxLength: 2 }), { minLength: 2, maxLength: 10 }),
      async (limits, rounds) => {
        const path = `c${++worlds}`;
        const world: World = { channel: await catalog.addChannel(path), path, sources: [] };
        for (let k = 0; k < 2; k++) {
          const { sourceId } = await catalog.admit({});
          world.sources.push({ id: sourceId, revision: 1 });
          const all = (subdir: keyof typeof files) =>
            Object.fromEntries(files[subdir].map((file, i) => [file, { depends: i % 2 ? ['n'] : [], license: 'MIT' }]));
          await admit(world, k, 'linux-64', all('linux-64'));
          await admit(world, k, 'noarch', all('noarch'));
        }
        await catalog.addMirror(world.channel, world.sources[0]!.id, { atRev: world.sources[0]!.revision });
        await publishChannel(catalog, world.channel, 'first');
        for (const deeds of rounds) {
          catalog.clock.ms += 1000;
          for (const one of deeds) {
            catalog.clock.ms += 1000;
            await one(world);
          }
          await publishChannel({ ...catalog, ...limits }, world.channel, 'deed');
          expect(await publishChannel(catalog, world.channel, 'reindex', { from: 'scratch' })).toEqual({
            status: 'unchanged',
          });
        }
      },
    ),
    { numRuns: isLong ? 500 : 8 },
  );
});
