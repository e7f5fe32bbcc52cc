import { deleteFiles } from '@sluice/registry';
import { buildCondaPackage, createTestCatalog, type TestCatalog, testRecord } from '@sluice/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { publishChannel } from '../publish-channel.ts';
import { rollBack } from '../rollback.ts';
import { type ChannelChange, channelChanges } from './channel-changes.ts';
import { fileHistory } from './file-history.ts';

let catalog: TestCatalog;
let channel: number;
let sourceId: number;
let mirror: string;
const own = { fileName: '' };

const record = (name: string, more = {}) => testRecord(name, '1', more);

async function step(cause: string, deed: () => Promise<unknown>): Promise<void> {
  catalog.clock.ms += 60_000;
  await deed();
  await publishChannel(catalog, channel, cause, { actor: 'ann' });
}

async function admit(records: Record<string, Record<string, unknown>>): Promise<void> {
  const { revision } = await catalog.admit(records, { sourceId });
  await catalog.editMirror(mirror, { at_rev: revision });
}

beforeEach(async () => {
  catalog = await createTestCatalog();
  channel = await catalog.addChannel('team');
  ({ sourceId } = await catalog.admit({ 'a-1-0.conda': record('a'), 'b-1-0.conda': record('b') }));
  mirror = await catalog.addMirror(channel, sourceId);
  await step('mirror', async () => {});
  const built = await buildCondaPackage({ name: 'own', version: '1', subdir: 'linux-64' });
  own.fileName = built.fileName;
  await step('upload', () => catalog.upload(channel, 'team', built));
  await step('mirror', () =>
    admit({
      'a-1-0.conda': record('a', { license: 'MIT' }),
      'c-1-0.conda': record('c'),
      'c-1-1.conda': record('c', { build: '1' }),
    }),
  );
  await step('filters', () => catalog.editChannel(channel, { filters: JSON.stringify({ exclude_specs: ['a'] }) }));
  await step('deletion', () =>
    deleteFiles(catalog, { id: channel, path: 'team' }, { name: 'own' }, { id: 'x', name: 'bob' }),
  );
});
afterEach(() => catalog.close());

const told = ({ publication, change, file, cause }: ChannelChange) =>
  `${publication.no} ${change} ${file.split('-')[0]} ${cause.kind} ${cause.text} ${cause.actor ?? ''}`.trim();

test('every change of a file is told once with its cause, the newest publication first', async () => {
  const { items, next } = await channelChanges(catalog, { channelId: channel, limit: 100 });
  expect(next).toBeUndefined();
  expect(items.map(told)).toEqual([
    '5 removed own delete deletion bob',
    '4 removed a publication filters ann',
    '3 changed a run mirror',
    '3 removed b run mirror',
    '3 added c run mirror',
    '3 added c run mirror',
    '2 added own upload upload tester',
    '1 added a run mirror',
    '1 added b run mirror',
  ]);
  expect(items.every(({ cause, publication }) => cause.at <= publication.created_at)).toBe(true);
});

test('pages of any length say the same, and filters take their part of it', async () => {
  const all = (await channelChanges(catalog, { channelId: channel, limit: 100 })).items.map(told);
  for (const limit of [1, 2, 4]) {
    const paged: string[] = [];
    let cursor: Awaited<ReturnType<typeof channelChanges>>['next'];
    do {
      const page = await channelChanges(catalog, { channelId: channel, limit, cursor });
      expect(page.items.length).toBeLessThanOrEqual(limit);
      paged.push(...page.items.map(told));
      cursor = page.next;
    } while (cursor);
    expect(paged).toEqual(all);
  }
  const some = async (wish: object) =>
    (await channelChanges(catalog, { channelId: channel, limit: 100, ...wish })).items.map(told);
  expect(await some({ name: 'c' })).toEqual(all.filter((one) => / c /.test(one)));
  expect(await some({ change: 'removed' })).toEqual(all.filter((one) => / removed /.test(one)));
  expect(await some({ part: 'noarch' })).toEqual([]);
  expect(await some({ since: new Date(catalog.clock.ms - 90_000) })).toEqual(all.slice(0, 2));
});

test('a rollback is told as such, and publications that are not kept count for the next', async () => {
  catalog.clock.ms += 60_000;
  await rollBack(catalog, { id: channel, path: 'team' }, '2', { name: 'eve' });
  const { items } = await channelChanges(catalog, { channelId: channel, limit: 100 });
  expect(items.filter(({ publication }) => publication.no === 6).map(told)).toEqual([
    '6 added a publication rollback to 2 eve',
    '6 added b publication rollback to 2 eve',
    '6 removed c publication rollback to 2 eve',
    '6 removed c publication rollback to 2 eve',
    '6 added own publication rollback to 2 eve',
  ]);
  await catalog.db.deleteFrom('publication').where('channel_id', '=', channel).where('no', 'in', [2, 3]).execute();
  const fewer = await channelChanges(catalog, { channelId: channel, limit: 100, name: 'own' });
  expect(fewer.items.map(told)).toEqual([
    '6 added own publication rollback to 2 eve',
    '5 removed own delete deletion bob',
    '4 added own upload filters tester',
  ]);
});

test('one file: each version, how it came and went, and what showed it', async () => {
  const a = await fileHistory(catalog, channel, { subdir: 'linux-64', file: 'a-1-0.conda' });
  expect(a.versions.map(({ begun, ended, shown }) => [begun.cause, ended?.cause ?? null, shown])).toMatchObject([
    ['run', null, [{ from_no: 3, to_no: 4 }]],
    ['run', 'run', [{ from_no: 1, to_no: 3 }]],
  ]);
  const mine = await fileHistory(catalog, channel, { subdir: 'linux-64', file: own.fileName });
  expect(mine.versions).toMatchObject([
    {
      begun: { cause: 'upload', actor: 'tester' },
      ended: { cause: 'delete', actor: 'bob' },
      shown: [{ from_no: 2, to_no: 5 }],
    },
  ]);
  expect(mine.versions[0]!.sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(mine.removal?.actor).toBe('bob');
  expect(await fileHistory(catalog, channel, { subdir: 'linux-64', file: 'no-1-0.conda' })).toEqual({
    versions: [],
    removal: undefined,
  });
});

test('of a source that other channels share, their mirrors and runs are not told', async () => {
  const other = await catalog.addChannel('secret', { privacy: 'private' });
  const theirs = await catalog.addMirror(other, sourceId);
  const runs = [mirror, theirs].map((mirror_id) => ({ id: crypto.randomUUID(), mirror_id }));
  for (const { id, mirror_id } of runs) {
    await catalog.pool.query(
      `insert into run (id, mirror_id, state, cause, created_at) values ($1, $2, 'completed', 'user', now())`,
      [id, mirror_id],
    );
  }
  const noteRun = (revision: number, run: string) =>
    catalog.pool.query(`update source_revision set run_id = $1, actor = 'zoe' where source_id = $2 and revision = $3`, [
      run,
      sourceId,
      revision,
    ]);
  await noteRun(1, runs[0]!.id);
  await noteRun(2, runs[1]!.id);
  const { name } = await catalog.db
    .selectFrom('mirror')
    .select('name')
    .where('id', '=', mirror)
    .executeTakeFirstOrThrow();
  const { items } = await channelChanges(catalog, { channelId: channel, limit: 100, change: 'added' });
  const causes = items.map(({ publication: { no }, cause: { mirror, run_id, actor } }) => [no, mirror, run_id, actor]);
  expect(causes.filter(([no]) => no !== 2)).toEqual([
    [3, name, null, null],
    [3, name, null, null],
    [1, name, runs[0]!.id, 'zoe'],
    [1, name, runs[0]!.id, 'zoe'],
  ]);
  const { versions } = await fileHistory(catalog, channel, { subdir: 'linux-64', file: 'c-1-0.conda' });
  expect(versions.map(({ begun }) => [begun.mirror, begun.run_id])).toEqual([[name, null]]);
});
