import { findChannelById, liveEntries } from '@sluice/catalog';
import { packageNameOf } from '@sluice/formats/package';
import { deleteFiles, freeName, patchWish, reserveName, setChannelLayers, setPatches } from '@sluice/registry';
import { buildCondaPackage, createTestCatalog, type TestCatalog, testRecord } from '@sluice/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type FileAnswer, findFile } from './find-file.ts';
import { ruledLayers } from './layers.ts';
import { writeMonolith } from './monolith/write-monolith.ts';
import { publishChannel } from './publish-channel.ts';
import { readShard } from './read-shard.ts';
import { rollBack } from './rollback.ts';

// Channels that show each other, while everything about them changes.

type Package = { fileName: string; bytes: Uint8Array };

const isLong = Boolean(process.env.LONG);
// For a machine that has other work, too.
vi.setConfig({ testTimeout: isLong ? 3_600_000 : 900_000 });

let catalog: TestCatalog;
/** What is uploaded: of the names that upstreams have, too. */
let own: Package[];
beforeAll(async () => {
  catalog = await createTestCatalog();
  own = [];
  for (const [name, subdir] of [
    ['a', 'linux-64'],
    ['n', 'noarch'],
    ['a', 'noarch'],
    ['acme', 'linux-64'],
  ] as const) {
    own.push(await buildCondaPackage({ name, subdir, version: '9', build: subdir === 'noarch' ? 'n' : 'l' }));
  }
});
afterAll(() => catalog.close());

const actor = { id: 'x', name: 'ada' };

interface World {
  /** The lowest first: `low`, `side`, `mid`, `top`. */
  channels: { id: number; path: string; mirror: string }[];
  /** One each for the mirrors of low and side, of which mid and top have the first. */
  sources: { id: number; revision: number }[];
}
type Deed = (world: World) => Promise<unknown>;

const files = {
  'linux-64': ['a-1-0.conda', 'a-1-0.tar.bz2', 'b-1-0.conda', 'acme-1-0.conda'],
  noarch: ['n-1-0.conda', 'a-2-0.conda', 'm-1-0.conda'],
};
type Subdir = keyof typeof files;
const subdirs = Object.keys(files) as Subdir[];
const record = fc.record({ license: fc.constantFrom('MIT', 'GPL-3.0-only') });
const contents = fc.constantFrom(...subdirs).chain((subdir) =>
  fc.record({
    subdir: fc.constant(subdir),
    records: fc.dictionary(fc.constantFrom(...files[subdir]), record),
  }),
);

async function admit({ sources }: World, k: number, subdir: Subdir, records: Record<string, object>): Promise<void> {
  const listed = Object.entries(records).map(([file, more]) => {
    const [name, version] = file.split('-') as [string, string];
    return [file, testRecord(name, version, { subdir, ...more })];
  });
  const sourceId = sources[k]!.id;
  sources[k]!.revision = (await catalog.admit(Object.fromEntries(listed), { sourceId, subdir })).revision;
}

/** Which may show below which, so that nothing goes in a circle. */
const lower = [[], [], [0, 1], [2, 1, 0]] as const;

const layers = fc
  .constantFrom(2, 3)
  .chain((k) => fc.tuple(fc.constant(k), fc.shuffledSubarray<number>([...lower[k as 2 | 3]])));

const filters = fc.constantFrom(
  {},
  { exclude_specs: ['a=1'] },
  { exclude_specs: ['acme', 'n*'] },
  { exclude_licenses: ['gpl3'] },
);
const patches = [{}, { 'packages.conda': { 'a-1-0.conda': { license: 'MIT' } } }, { remove: ['b-1-0.conda'] }];
const which = fc.nat(3);

const deed: fc.Arbitrary<Deed> = fc.oneof(
  fc.tuple(fc.nat(1), contents).map(
    ([k, { subdir, records }]): Deed =>
      async (world) => {
        await admit(world, k, subdir, records);
        for (const { mirror } of world.channels.filter((_, i) => (i === 1 ? 1 : 0) === k)) {
          await catalog.editMirror(mirror, { at_rev: world.sources[k]!.revision });
        }
      },
  ),
  fc.tuple(which, fc.nat(3)).map(
    ([k, n]): Deed =>
      ({ channels }) =>
        catalog.upload(channels[k]!.id, channels[k]!.path, own[n]!),
  ),
  fc.tuple(which, fc.constantFrom('a', 'n', 'acme')).map(
    ([k, name]): Deed =>
      ({ channels }) =>
        deleteFiles(catalog, channels[k]!, { name }, actor).catch(() => {}),
  ),
  fc.tuple(which, filters).map(
    ([k, some]): Deed =>
      ({ channels }) =>
        catalog.editChannel(channels[k]!.id, { filters: JSON.stringify(some) }),
  ),
  fc.tuple(which, filters).map(
    ([k, some]): Deed =>
      ({ channels }) =>
        catalog.editMirror(channels[k]!.mirror, { filters: JSON.stringify(some) }),
  ),
  fc.tuple(which, fc.boolean()).map(
    ([k, frozen]): Deed =>
      ({ channels }) =>
        catalog.editChannel(channels[k]!.id, { frozen }),
  ),
  ...Array.from({ length: 2 }, () =>
    layers.map(
      ([k, below]): Deed =>
        ({ channels }) =>
          setLayers({ channels }, k, below),
    ),
  ),
  fc.tuple(which, fc.constantFrom('strict', 'merge')).map(
    ([k, name_priority]): Deed =>
      ({ channels }) =>
        setChannelLayers(catalog, channels[k]!, { name_priority }, () => {}, actor),
  ),
  fc.tuple(fc.constantFrom('acme', 'a*', 'n'), fc.boolean()).map(
    ([pattern, isKept]): Deed =>
      () =>
        (isKept ? reserveName(catalog, { pattern, note: '' }, actor) : freeName(catalog, pattern, actor)).catch(
          () => {},
        ),
  ),
  fc.tuple(which, fc.constantFrom(...patches)).map(
    ([k, document]): Deed =>
      async ({ channels }) => {
        const wish = patchWish('linux-64', Buffer.from(JSON.stringify(document)));
        await setPatches(catalog, (await findChannelById(catalog.db, channels[k]!.id))!, [wish], actor);
      },
  ),
  fc.tuple(which, fc.nat(20)).map(
    ([k, n]): Deed =>
      async ({ channels }) => {
        const rows = await catalog.db
          .selectFrom('publication')
          .select('no')
          .where('channel_id', '=', channels[k]!.id)
          .execute();
        if (rows.length > 0) await rollBack(catalog, channels[k]!, `${rows[n % rows.length]!.no}`, actor);
      },
  ),
  which.map(
    (k): Deed =>
      ({ channels }) =>
        publishChannel(catalog, channels[k]!.id, 'early'),
  ),
  // Publications that are not kept: what was judged before is not there to compare with.
  which.map(
    (k): Deed =>
      async ({ channels }) => {
        const { id } = channels[k]!;
        const { head_no } = (await findChannelById(catalog.db, id))!;
        await catalog.db.deleteFrom('publication').where('channel_id', '=', id).where('no', '<', head_no).execute();
        await catalog.db.deleteFrom('entry').where('channel_id', '=', id).where('to_no', 'is not', null).execute();
      },
  ),
  fc.constant<Deed>(() => catalog.db.deleteFrom('facts').execute()),
);

function setLayers({ channels }: Pick<World, 'channels'>, k: number, below: readonly number[]) {
  const wish = { layers: below.map((i) => channels[i]!) };
  return setChannelLayers(catalog, channels[k]!, wish, () => {}, actor);
}

/** What the head of a channel lists: `<subdir>/<file>`, each with the digest its record gives. */
async function listed(id: number): Promise<Map<string, string | undefined>> {
  const shown = new Map<string, string | undefined>();
  for (const entry of await liveEntries(catalog.db, id, 'shard', '')) {
    const blob = await catalog.db
      .selectFrom('blob')
      .selectAll()
      .where('sha256', '=', Buffer.from(entry.blob))
      .execute();
    const part = entry.key.slice(0, entry.key.indexOf('/'));
    for (const { file, sha256 } of await readShard(catalog.storage, { ...blob[0]!, key: entry.key })) {
      shown.set(`${part}/${file}`, sha256);
    }
  }
  return shown;
}

type Door = ReadonlyMap<string, FileAnswer>;

/** What the door of a channel says of each file there could be, by the rules of now. */
async function doorOf(id: number): Promise<Door> {
  const channel = (await findChannelById(catalog.db, id))!;
  const ruled = await ruledLayers(catalog.db, channel, catalog.neededFiles);
  const answers = everything().map(async (key) => {
    const [subdir, file] = key.split('/') as [string, string];
    return [key, await findFile(catalog, { channelId: id, layers: ruled, subdir, file })] as const;
  });
  return new Map(await Promise.all(answers));
}

const everything = () => [
  ...subdirs.flatMap((subdir) => files[subdir].map((file) => `${subdir}/${file}`)),
  ...own.map(({ fileName }, i) => `${i === 1 || i === 2 ? 'noarch' : 'linux-64'}/${fileName}`),
];

/** Whatever the doors of channels below refuse, the door above does; and a reserved name comes from no mirror. */
async function expectDoorsToAgree({ channels }: World): Promise<void> {
  const reserved = await catalog.db.selectFrom('reserved_name').select('pattern').execute();
  const doors = new Map<number, Door>();
  for (const { id } of channels) doors.set(id, await doorOf(id));
  for (const { id } of channels) {
    for (const [key, answer] of doors.get(id)!) {
      if (answer.status !== 'served') continue;
      if (reserved.some(({ pattern }) => pattern === packageNameOf('conda', key.split('/')[1]!))) {
        expect([answer.layer.mirror, key]).toEqual([null, key]);
      }
      const { below } = answer.layer;
      if (!below) continue;
      const theirs = doors.get(below.channelId)!.get(key)!;
      expect(['refused', 'hidden', 'deleted'], `${key} of ${id}`).not.toContain(theirs.status);
    }
  }
}

/** What a head lists is served, unless a rule of now refuses it; and no name comes from two tiers. */
async function expectHeadToHold({ channels }: World, k: number): Promise<void> {
  const { id } = channels[k]!;
  const channel = (await findChannelById(catalog.db, id))!;
  const shown = await listed(id);
  const door = await doorOf(id);
  const states = await Promise.all(channels.map((one) => findChannelById(catalog.db, one.id)));
  const someFrozen = states.some((one) => one!.frozen);
  await writeMonolith(catalog, id);
  const tiers = new Map<string, Set<number>>();
  for (const [key, sha256] of shown) {
    const answer = door.get(key)!;
    // What a frozen channel lists is listed above it, too, whatever its door says of it now.
    if (someFrozen && ['refused', 'hidden', 'deleted', 'pending'].includes(answer.status)) continue;
    expect(answer, key).toMatchObject({ status: 'served', expected: sha256 ? { sha256 } : {} });
    if (answer.status !== 'served') continue;
    const name = packageNameOf('conda', key.split('/')[1]!);
    tiers.set(name, (tiers.get(name) ?? new Set()).add(answer.layer.tier));
  }
  if (channel.name_priority === 'merge') return;
  for (const [name, some] of tiers) expect([name, some.size]).toEqual([name, 1]);
  // Nor does who knows a file from before get it from a lower tier.
  for (const [key, answer] of door) {
    const [tier] = tiers.get(packageNameOf('conda', key.split('/')[1]!)) ?? [];
    if (answer.status === 'served' && tier !== undefined) expect(answer.layer.tier, key).toBeLessThanOrEqual(tier);
  }
}

/** Names are read as if they were few, or as if they were many, and their shards made out of the last ones, in batches. */
const scale = fc.constantFrom({}, { fewNames: 0, spliceFrom: 1, batchRecords: 3 });

it('channels that show each other show what they would if all were judged anew, and nothing that a lower one refuses', async () => {
  let worlds = 0;
  await fc.assert(
    fc.asyncProperty(
      scale,
      fc.array(fc.array(deed, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 4 }),
      async (limits, rounds) => {
        await catalog.db.deleteFrom('reserved_name').execute();
        const world: World = { channels: [], sources: [] };
        for (let k = 0; k < 2; k++) {
          world.sources.push({ id: (await catalog.admit({})).sourceId, revision: 1 });
          for (const subdir of subdirs) {
            const records = files[subdir]
              .slice(k)
              .map((file, i) => [file, { license: i % 2 ? 'GPL-3.0-only' : 'MIT' }]);
            await admit(world, k, subdir, Object.fromEntries(records));
          }
        }
        for (const name of ['low', 'side', 'mid', 'top']) {
          const path = `${name}${++worlds}`;
          const id = await catalog.addChannel(path);
          const source = world.sources[name === 'side' ? 1 : 0]!;
          const mirror = await catalog.addMirror(id, source.id, { atRev: source.revision });
          world.channels.push({ id, path, mirror });
        }
        await setLayers(world, 2, [0, 1]);
        await setLayers(world, 3, [2]);
        for (const deeds of [[], ...rounds]) {
          for (const one of deeds) {
            catalog.clock.ms += 1000;
            await one(world);
          }
          await expectDoorsToAgree(world);
          for (const [k, { id }] of world.channels.entries()) {
            const { frozen } = (await findChannelById(catalog.db, id))!;
            await publishChannel({ ...catalog, ...limits }, id, 'deed');
            expect(await publishChannel(catalog, id, 'reindex', { from: 'scratch' })).toEqual({
              status: frozen ? 'frozen' : 'unchanged',
            });
            if (!frozen) await expectHeadToHold(world, k);
          }
        }
      },
    ),
    { numRuns: isLong ? 300 : 3 },
  );
});
