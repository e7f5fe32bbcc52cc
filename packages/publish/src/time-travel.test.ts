import { findChannelById, liveEntries } from '@sluice/catalog';
import { deleteFiles, editChannel, patchWish, setChannelLayers, setPatches } from '@sluice/registry';
import { blobRef } from '@sluice/storage';
import { type BuiltPackage, buildCondaPackage, createTestCatalog, type TestCatalog, testRecord } from '@sluice/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Comparison, comparePublications, type DifferentFile } from './compare.ts';
import { changeReasons } from './compare-reasons.ts';
import { pinPublication, unpinPublication } from './pin.ts';
import { publishChannel } from './publish-channel.ts';
import { rollBack } from './rollback.ts';

let catalog: TestCatalog;
let own: BuiltPackage;
let other: BuiltPackage;
beforeAll(async () => {
  catalog = await createTestCatalog();
  own = await buildCondaPackage({ name: 'own', version: '1', subdir: 'linux-64' });
  other = await buildCondaPackage({ name: 'own', version: '1', subdir: 'linux-64', depends: ['a'] });
});
afterAll(() => catalog.close());

const ada = { id: crypto.randomUUID(), name: 'ada' };
let count = 0;
let channel: number;
let path: string;
beforeEach(() => newChannel());

async function newChannel(): Promise<void> {
  path = `c${++count}`;
  channel = await catalog.addChannel(path);
}

async function publish(): Promise<number> {
  catalog.clock.ms += 60_000;
  await publishChannel(catalog, channel, 'test');
  return headNo();
}

async function headNo(): Promise<number> {
  return (await findChannelById(catalog.db, channel))!.head_no;
}

/** Everything that is stored of a publication: entries, and the bytes they name. */
async function contentAt(no: number): Promise<string[]> {
  const rows = await catalog.db
    .selectFrom('entry')
    .select(['kind', 'key', 'signature', 'blob', 'files'])
    .where('channel_id', '=', channel)
    .where('from_no', '<=', no)
    .where((eb) => eb.or([eb('to_no', 'is', null), eb('to_no', '>', no)]))
    .orderBy('kind')
    .orderBy('key')
    .execute();
  return Promise.all(
    rows.map(async ({ kind, key, signature, blob, files }) => {
      const row = await catalog.db.selectFrom('blob').selectAll().where('sha256', '=', blob).executeTakeFirstOrThrow();
      const bytes = await catalog.storage.read(blobRef(row));
      return `${kind} ${key} ${files} ${signature && Buffer.from(signature).toString('hex')} ${Buffer.from(bytes).toString('base64')}`;
    }),
  );
}

const all = { limit: 1000, offset: 0 };
const compare = (from: number, to: number, more: Partial<Comparison> = {}) =>
  comparePublications(catalog, { channelId: channel, from, to, ...all, ...more });

/** `+file`, `-file`, `~file`, each with its reason. */
async function changes(from: number, to: number): Promise<string[]> {
  const { files } = await compare(from, to);
  const row = (await findChannelById(catalog.db, channel))!;
  const reasons = await changeReasons(catalog, row, { from, to }, files);
  const sign = { added: '+', removed: '-', changed: '~' };
  return files.map(({ change, file }, i) => `${sign[change]}${file} ${reasons[i]!.code}`);
}

const license = { license: 'MIT' };
const gpl = { license: 'GPL-3.0-only' };

describe('a comparison says what happened to a file', () => {
  it('in a mirror, by its upstream and by rules', async () => {
    const { sourceId } = await catalog.admit({
      'a-1-0.conda': testRecord('a', '1', license),
      'a-2-0.conda': testRecord('a', '2', gpl),
      'b-1-0.tar.bz2': testRecord('b', '1', license),
    });
    const mirror = await catalog.addMirror(channel, sourceId);
    const first = await publish();
    await catalog.admit(
      {
        'a-1-0.conda': testRecord('a', '1', { ...license, depends: ['x'] }),
        'a-2-0.conda': testRecord('a', '2', gpl),
        'c-1-0.conda': testRecord('c', '1', license),
      },
      { sourceId },
    );
    await catalog.editMirror(mirror, { at_rev: 2 });
    const second = await publish();
    expect(await changes(first, second)).toEqual([
      '~a-1-0.conda upstream_changed',
      '-b-1-0.tar.bz2 upstream_removed',
      '+c-1-0.conda upstream_added',
    ]);
    await catalog.editMirror(mirror, { filters: JSON.stringify({ exclude_licenses: ['gpl3'] }) });
    const third = await publish();
    expect(await changes(second, third)).toEqual(['-a-2-0.conda denied']);
    const row = (await findChannelById(catalog.db, channel))!;
    const { files } = await compare(second, third);
    expect(await changeReasons(catalog, row, { from: second, to: third }, files)).toMatchObject([
      { layer: 'mirror-0', rule: { scope: 'mirror', evidence: expect.stringContaining('GPL-3.0-only') } },
    ]);
    await catalog.editMirror(mirror, { filters: '{}' });
    const fourth = await publish();
    expect(await changes(third, fourth)).toEqual(['+a-2-0.conda allowed']);
    expect(await changes(second, third)).toEqual(['-a-2-0.conda hidden']);
    expect(await changes(second, fourth)).toEqual([]);
    await catalog.db.deleteFrom('mirror').where('id', '=', mirror).execute();
    const last = await publish();
    expect(await changes(fourth, last)).toEqual([
      '-a-1-0.conda layer_removed',
      '-a-2-0.conda layer_removed',
      '-c-1-0.conda layer_removed',
    ]);
    expect(await changes(last, first)).toEqual([
      '+a-1-0.conda layer_removed',
      '+a-2-0.conda layer_removed',
      '+b-1-0.tar.bz2 layer_removed',
    ]);
    await catalog.addMirror(channel, sourceId);
    expect((await changes(last, await publish()))[0]).toBe('+a-1-0.conda layer_added');
  });

  it("by the channel's patches", async () => {
    const { sourceId } = await catalog.admit({
      'a-1-0.conda': testRecord('a', '1', license),
      'b-1-0.conda': testRecord('b', '1', license),
    });
    await catalog.addMirror(channel, sourceId);
    const first = await publish();
    const patch = async (document: object) => {
      const row = (await findChannelById(catalog.db, channel))!;
      const wish = patchWish('linux-64', Buffer.from(JSON.stringify({ patch_instructions_version: 1, ...document })));
      await setPatches(catalog, row, [wish], ada);
      return publish();
    };
    const fixed = await patch({ 'packages.conda': { 'a-1-0.conda': { depends: ['x'] } } });
    const gone = await patch({ remove: ['b-1-0.conda'], 'packages.conda': { 'a-1-0.conda': gpl } });
    expect(await changes(first, fixed)).toEqual(['~a-1-0.conda patched']);
    expect(await changes(fixed, gone)).toEqual(['~a-1-0.conda patched', '-b-1-0.conda patched']);
    expect(await changes(gone, first)).toEqual(['~a-1-0.conda patched', '+b-1-0.conda patched']);
    await catalog.editChannel(channel, { filters: JSON.stringify({ exclude_licenses: ['gpl3'] }) });
    expect(await changes(gone, await publish())).toEqual(['-a-1-0.conda denied']);
  });

  it('among uploads, and who deleted it', async () => {
    const { sourceId } = await catalog.admit({ [own.fileName]: testRecord('own', '1') });
    await catalog.addMirror(channel, sourceId);
    const mirrored = await publish();
    await catalog.upload(channel, path, own);
    const uploaded = await publish();
    expect(await changes(mirrored, uploaded)).toEqual([`~${own.fileName} uploaded`]);
    await deleteFiles(catalog, { id: channel, path }, { name: 'own' }, ada);
    const deleted = await publish();
    expect(await changes(uploaded, deleted)).toEqual([`~${own.fileName} deleted`]);
    await catalog.upload(channel, path, other);
    expect(await changes(uploaded, await publish())).toEqual([`~${own.fileName} uploaded`]);
    await newChannel();
    await catalog.upload(channel, path, own);
    const here = await publish();
    await deleteFiles(catalog, { id: channel, path }, { name: 'own' }, ada);
    const row = (await findChannelById(catalog.db, channel))!;
    const gone = await publish();
    const { files } = await compare(here, gone);
    expect(await changeReasons(catalog, row, { from: here, to: gone }, files)).toEqual([
      { code: 'deleted', layer: 'uploads', by: { actor: 'ada', at: expect.any(Date) } },
    ]);
  });

  it('by a layer above that shows the name, for as long as it does', async () => {
    const mirrored = { 'own-2-0.conda': testRecord('own', '2'), 'own-part-1-0.conda': testRecord('own-part', '1') };
    const { sourceId } = await catalog.admit(mirrored);
    const mirror = await catalog.addMirror(channel, sourceId);
    const first = await publish();
    await catalog.upload(channel, path, own);
    const uploaded = await publish();
    expect(await changes(first, uploaded)).toEqual([`+${own.fileName} uploaded`, '-own-2-0.conda name_hidden']);
    expect(await changes(uploaded, first)).toEqual([`-${own.fileName} uploaded`, '+own-2-0.conda name_hidden']);
    // Another name that begins likewise is not hidden: a rule of then refused it.
    await catalog.editMirror(mirror, { filters: JSON.stringify({ exclude_specs: ['own-part'] }) });
    const ruled = await publish();
    await catalog.editMirror(mirror, { filters: '{}' });
    expect(await changes(uploaded, ruled)).toEqual(['-own-part-1-0.conda hidden']);
    await deleteFiles(catalog, { id: channel, path }, { name: 'own' }, ada);
    const freed = await publish();
    expect(await changes(ruled, freed)).toEqual([
      `-${own.fileName} deleted`,
      '+own-2-0.conda name_shown',
      '+own-part-1-0.conda allowed',
    ]);
  });

  it('by a channel that shows the name above another one', async () => {
    const [upper, lower] = [await catalog.addChannel(`${path}-upper`), await catalog.addChannel(`${path}-lower`)];
    const publishBelow = async (id: number, file: string, version: string) => {
      const { sourceId } = await catalog.admit({ [file]: testRecord('own', version) });
      await catalog.addMirror(id, sourceId);
      await publishChannel(catalog, id, 'test');
    };
    await publishBelow(lower, 'own-1-0.conda', '1');
    await publishBelow(upper, 'own-2-0.conda', '2');
    const show = async (layers: number[]) => {
      const [row, ...below] = await Promise.all([channel, ...layers].map((id) => findChannelById(catalog.db, id)));
      await setChannelLayers(catalog, row!, { layers: below.map((one) => one!) }, () => {}, ada);
      return publish();
    };
    const first = await show([lower]);
    const both = await show([upper, lower]);
    expect(await changes(first, both)).toEqual(['-own-1-0.conda name_hidden', '+own-2-0.conda layer_added']);
    const row = (await findChannelById(catalog.db, channel))!;
    await setChannelLayers(catalog, row, { name_priority: 'merge' }, () => {}, ada);
    expect(await changes(both, await publish())).toEqual(['+own-1-0.conda below_added']);
  });
});

it('a comparison is paged over names and filtered, and its counts are of all', async () => {
  const names = ['a', 'b', 'c', 'd'];
  const records = (version: string, of: readonly string[]) =>
    Object.fromEntries(of.map((name) => [`${name}-${version}-0.conda`, testRecord(name, version)]));
  const changed = Object.fromEntries(names.map((name) => [`${name}-1-0.conda`, testRecord(name, '1', gpl)]));
  const { sourceId } = await catalog.admit({ ...records('1', names), ...records('2', names) });
  const mirror = await catalog.addMirror(channel, sourceId);
  const from = await publish();
  await catalog.admit({ ...changed, ...records('3', ['a', 'd']), ...records('2', ['c']) }, { sourceId });
  await catalog.editMirror(mirror, { at_rev: 2 });
  const to = await publish();
  const whole = await compare(from, to);
  const sign = ({ file, change }: DifferentFile) => `${change} ${file}`;
  expect(whole).toMatchObject({ counts: { added: 2, removed: 3, changed: 4 }, total_count: 9 });
  for (const limit of [1, 2, 3, 4, 5, 100]) {
    const paged: DifferentFile[] = [];
    for (let offset = 0; offset < 9; offset += limit) paged.push(...(await compare(from, to, { limit, offset })).files);
    expect(paged.map(sign), `${limit}`).toEqual(whole.files.map(sign));
  }
  const removed = await compare(from, to, { change: 'removed', limit: 2, offset: 1 });
  expect(removed).toMatchObject({ counts: whole.counts, total_count: 3 });
  expect(removed.files.map(sign)).toEqual(['removed b-2-0.conda', 'removed d-2-0.conda']);
  expect((await compare(from, to, { name: 'd' })).files.map(({ file }) => file)).toHaveLength(3);
  expect(await compare(from, to, { subdir: 'noarch' })).toMatchObject({ total_count: 0 });
});

describe('a rollback', () => {
  it('shows the very entries of then and freezes; unfrozen, the channel is where it would have been', async () => {
    const { sourceId } = await catalog.admit({
      'a-1-0.conda': testRecord('a', '1'),
      'b-1-0.conda': testRecord('b', '1'),
    });
    const mirror = await catalog.addMirror(channel, sourceId);
    const first = await publish();
    await catalog.admit({ 'a-1-0.conda': testRecord('a', '1'), 'c-1-0.conda': testRecord('c', '1') }, { sourceId });
    await catalog.editMirror(mirror, { at_rev: 2 });
    await publish();
    await catalog.upload(channel, path, own);
    const live = await publish();
    const before = await contentAt(live);
    expect(await rollBack(catalog, { id: channel, path }, `${first}`, ada)).toEqual({
      ...{ no: live + 1, to: first, added: 1, removed: 2, was_frozen: false },
    });
    expect(await contentAt(live + 1)).toEqual(await contentAt(first));
    const kept = (await liveEntries(catalog.db, channel, 'shard', '')).map(({ key }) => key);
    expect(kept).toEqual(['linux-64/a', 'linux-64/b']);
    const since = await catalog.db
      .selectFrom('entry')
      .select('from_no')
      .where('key', '=', 'linux-64/a')
      .where('channel_id', '=', channel)
      .execute();
    expect(since).toEqual([{ from_no: first }]);
    expect((await publishChannel(catalog, channel, 'test')).status).toBe('frozen');
    expect(
      await catalog.db
        .selectFrom('publication')
        .select(['cause', 'actor', 'files'])
        .where('channel_id', '=', channel)
        .where('no', '=', live + 1)
        .execute(),
    ).toEqual([{ cause: `rollback to ${first}`, actor: 'ada', files: 2 }]);
    const row = (await findChannelById(catalog.db, channel))!;
    await editChannel(catalog, row, { frozen: false }, ada);
    expect(await publish()).toBe(live + 2);
    expect(await contentAt(live + 2)).toEqual(before);
    expect(await contentAt(live)).toEqual(before);
  });

  it('needs a publication that is kept', async () => {
    await expect(rollBack(catalog, { id: channel, path }, '7', ada)).rejects.toMatchObject({
      code: 'publication_missing',
    });
    expect(await findChannelById(catalog.db, channel)).toMatchObject({ frozen: false });
  });
});

it('pins name a publication, move, and go; each is said in the history', async () => {
  await catalog.upload(channel, path, own);
  await publish();
  await deleteFiles(catalog, { id: channel, path }, { name: 'own' }, ada);
  await publish();
  const place = { id: channel, path };
  const pin = (ref: string) => pinPublication(catalog, place, { name: 'release', ref }, ada);
  expect(await pin('1')).toEqual({ name: 'release', no: 1, created_by: 'ada', created_at: expect.any(Date) });
  expect(await pin('release')).not.toHaveProperty('moved_from');
  expect(await pin('head')).toMatchObject({ no: 2, moved_from: 1 });
  await expect(pin('3')).rejects.toMatchObject({ code: 'publication_missing' });
  expect(await unpinPublication(catalog, place, 'release', ada)).toMatchObject({ no: 2 });
  await expect(unpinPublication(catalog, place, 'release', ada)).rejects.toMatchObject({ code: 'pin_missing' });
  const events = await catalog.db
    .selectFrom('event')
    .select(['action', 'data'])
    .where('channel', '=', path)
    .where('subject', '=', 'release')
    .orderBy('id')
    .execute();
  expect(events).toEqual([
    { action: 'publication_pinned', data: { publication: 1 } },
    { action: 'publication_pinned', data: { publication: 2, moved_from: 1 } },
    { action: 'publication_unpinned', data: { publication: 2 } },
  ]);
});

const upstream = ['a-1-0.conda', 'a-2-0.conda', 'a-2-0.tar.bz2', 'b-1-0.tar.bz2'];
const documents = fc.uniqueArray(fc.tuple(fc.constantFrom(...upstream), fc.constantFrom(license, gpl)), {
  selector: ([file]) => file,
});
type Deed =
  | { kind: 'refresh'; files: [string, object][] }
  | { kind: 'filters' | 'upload' | 'delete' | 'rollback' | 'unfreeze'; n: number };
const deed: fc.Arbitrary<Deed> = fc.oneof(
  documents.map((files) => ({ kind: 'refresh' as const, files })),
  fc.record({ kind: fc.constantFrom('filters', 'upload', 'delete', 'rollback', 'unfreeze'), n: fc.nat(5) }),
);

it('whatever happens, what was published reads as it did, and comparisons turned round say the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { minLength: 2, maxLength: 8 }), async (deeds) => {
      await newChannel();
      const { sourceId } = await catalog.admit({ 'a-1-0.conda': testRecord('a', '1', license) });
      const mirror = await catalog.addMirror(channel, sourceId);
      const contents = new Map([[await publish(), await contentAt(1)]]);
      let revision = 1;
      for (const one of deeds) {
        const place = { id: channel, path };
        if (one.kind === 'refresh') {
          const records = one.files.map(([file, more]) => {
            const [name, version] = file.split('-') as [string, string];
            return [file, testRecord(name, version, { ...more })] as const;
          });
          ({ revision } = await catalog.admit(Object.fromEntries(records), { sourceId }));
          await catalog.editMirror(mirror, { at_rev: revision });
        } else if (one.kind === 'filters') {
          const filters = one.n % 2 ? { exclude_licenses: ['gpl3'] } : {};
          await catalog.editMirror(mirror, { filters: JSON.stringify(filters) });
        } else if (one.kind === 'upload') await catalog.upload(channel, path, one.n % 2 ? own : other).catch(() => {});
        else if (one.kind === 'delete') await deleteFiles(catalog, place, { name: 'own' }, ada).catch(() => {});
        else if (one.kind === 'rollback') await rollBack(catalog, place, `${1 + (one.n % contents.size)}`, ada);
        else await catalog.editChannel(channel, { frozen: false });
        const head = await publish();
        if (!contents.has(head)) contents.set(head, await contentAt(head));
      }
      for (const [no, content] of contents) expect(await contentAt(no)).toEqual(content);
      const [from, to] = [1, Math.max(...contents.keys())];
      const there = await compare(from, to);
      const back = await compare(to, from);
      const turned = { added: 'removed', removed: 'added', changed: 'changed' } as const;
      expect(back.files.map(({ file, change }) => [file, turned[change]])).toEqual(
        there.files.map(({ file, change }) => [file, change]),
      );
      expect(back.counts).toEqual({ ...there.counts, added: there.counts.removed, removed: there.counts.added });
      expect((await compare(to, to)).total_count).toBe(0);
      const strip = (list: string[]) => list.map((line) => line.slice(1));
      expect(strip(await changes(from, to))).toEqual(strip(await changes(to, from)));
    }),
    { numRuns: 8 },
  );
});
