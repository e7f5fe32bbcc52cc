import { zstdDecompressSync } from 'node:zlib';
import { findChannelById, headDocuments, liveEntries } from '@sluice/catalog';
import { deleteFiles } from '@sluice/registry';
import { blobRef } from '@sluice/storage';
import { type BuiltPackage, buildCondaPackage, createTestCatalog, type TestCatalog, testRecord } from '@sluice/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findFile } from './find-file.ts';
import { ruledLayers } from './layers.ts';
import { publishChannel } from './publish-channel.ts';

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
  .uniqueArray(fc.tuple(fc.constantFrom(...upstreamFiles), fc.constantFrom('MIT', 'GPL-3.0-only')), {
    selector: ([file]) => file,
  })
  .map((entries) =>
    Object.fromEntries(
      entries.map(([file, license]) => {
        const [name, version] = file.split('-') as [string, string];
        return [file, testRecord(name, version, { license })];
      }),
    ),
  );

type World = { channel: number; mirrors: { id: string; sourceId: number; revision: number }[] };
type Deed = (world: World) => Promise<unknown>;

const which = fc.nat(1);
const deed: fc.Arbitrary<Deed> = fc.oneof(
  fc.tuple(which, document).map(([k, records]) => async ({ mirrors }: World) => {
    const mirror = mirrors[k]!;
    mirror.revision = (await catalog.admit(records, { sourceId: mirror.sourceId })).revision;
    await catalog.editMirror(mirror.id, { at_rev: mirror.revision });
  }),
  fc.tuple(which, fc.constantFrom({}, { exclude_licenses: ['gpl3'] }, { only_specs: ['a=2'] })).map(
    ([k, filters]) =>
      ({ mirrors }: World) =>
        catalog.editMirror(mirrors[k]!.id, { filters: JSON.stringify(filters) }),
  ),
  fc.constantFrom({}, { exclude_specs: ['b'] }).map(
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
);

async function headOf(channel: number): Promise<string[]> {
  const entries = [
    ...(await liveEntries(catalog.db, channel, 'shard', '')),
    ...(await liveEntries(catalog.db, channel, 'document', '')),
  ];
  return entries.map(({ key, blob, signature, files }) =>
    [key, Buffer.from(blob).toString('hex'), signature && Buffer.from(signature).toString('hex'), files].join(' '),
  );
}

/** One map of a repodata.json. */
type Listed = Record<string, { size: number; sha256?: string }>;

/** What the index lists, the door gives: those very bytes. */
async function expectDoorToAgree(channel: number): Promise<void> {
  const row = (await findChannelById(catalog.db, channel))!;
  const layers = await ruledLayers(catalog.db, row, catalog.neededNoarch);
  const repodata = (await headDocuments(catalog.db, channel)).find(({ key }) => key === 'linux-64/repodata.json.zst');
  if (!repodata) return;
  const text = zstdDecompressSync(await catalog.storage.read(blobRef(repodata))).toString();
  const { packages: legacy, 'packages.conda': conda } = JSON.parse(text) as Record<string, Listed>;
  for (const [file, { sha256, size }] of Object.entries({ ...legacy, ...conda })) {
    const answer = await findFile(catalog, { channelId: channel, layers, subdir: 'linux-64', file });
    expect(answer, file).toMatchObject({ status: 'served', expected: { size, ...(sha256 && { sha256 }) } });
  }
}

async function publishAnew(channel: number): Promise<void> {
  await catalog.db.deleteFrom('entry').where('channel_id', '=', channel).execute();
  await catalog.db.deleteFrom('publication').where('channel_id', '=', channel).execute();
  await catalog.db.updateTable('channel').set({ head_no: 0, judged: null }).where('id', '=', channel).execute();
  await publishChannel(catalog, channel, 'anew');
}

it('a channel published after every deed shows, to the byte, what one published in the end does', async () => {
  let worlds = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { minLength: 1, maxLength: 8 }), document, async (deeds, first) => {
      const channel = await catalog.addChannel(`c${++worlds}`);
      const mirrors: World['mirrors'] = [];
      for (const keepLegacy of [false, true]) {
        const { sourceId, revision } = await catalog.admit(first);
        mirrors.push({ id: await catalog.addMirror(channel, sourceId, { keepLegacy }), sourceId, revision });
      }
      await publishChannel(catalog, channel, 'first');
      for (const one of deeds) {
        catalog.clock.ms += 1000;
        await one({ channel, mirrors });
        await publishChannel(catalog, channel, 'deed');
      }
      await expectDoorToAgree(channel);
      const head = await headOf(channel);
      await publishAnew(channel);
      const anew = await headOf(channel);
      // A subdir that had something keeps its documents, now empty; one that never had has none.
      if (anew.length > 0) expect(head).toEqual(anew);
      else for (const entry of head) expect(entry).toMatch(/^(linux-64\/\w+|channeldata)\.json\.zst /);
    }),
    { numRuns: 10 },
  );
}, 60_000);
