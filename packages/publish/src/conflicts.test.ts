import { randomUUID } from 'node:crypto';
import { findChannelById, listConflicts } from '@sluice/catalog';
import { createTestCatalog, type TestCatalog, testRecord } from '@sluice/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findFile } from './find-file.ts';
import { ruledLayers } from './layers.ts';
import { noteConflicts } from './note-conflicts.ts';
import type { SubdirPlan } from './plan-subdir.ts';
import { publishChannel } from './publish-channel.ts';
import { rollBack } from './rollback.ts';

// Two mirrors of a channel that have the same file with different bytes.

let catalog: TestCatalog;
let channel: number;
beforeEach(async () => {
  catalog = await createTestCatalog();
  channel = await catalog.addChannel('c');
});
afterEach(() => catalog.close());

const [one, two, three] = ['1', '2', '3'].map((digit) => digit.repeat(64)) as [string, string, string];
const record = (name: string, sha256: string) => ({ [`${name}-1-0.conda`]: testRecord(name, '1', { sha256 }) });

async function conflicts(): Promise<string[]> {
  const { rows } = await listConflicts(catalog.db, channel, { limit: 10, offset: 0 });
  return rows.map((row) =>
    [row.subdir, row.file, row.shown_mirror, row.shown_digest.at(-1), row.hidden_mirror, row.hidden_digest.at(-1)].join(
      ' ',
    ),
  );
}

async function events(): Promise<unknown[]> {
  const rows = await catalog.db
    .selectFrom('event')
    .selectAll()
    .where('action', '=', 'mirror_conflict')
    .orderBy('id')
    .execute();
  return rows.map(({ data }) => data);
}

async function door(file: string, at?: number) {
  const row = (await findChannelById(catalog.db, channel))!;
  const layers = await ruledLayers(catalog.db, row, catalog.neededFiles);
  const wanted = { channelId: channel, layers, subdir: 'linux-64', file, ...(at !== undefined && { at }) };
  const answer = await findFile(catalog, wanted);
  return answer.status === 'served' ? answer.expected.sha256?.at(0) : answer.status;
}

test('a mirror that was deleted while the channel was judged has no conflicts', async () => {
  const first = await catalog.admit(record('a', one));
  const shown_mirror_id = await catalog.addMirror(channel, first.sourceId);
  const found = { file: 'a-1-0.conda', shown_digest: 'size:1', hidden_digest: 'size:2' };
  const conflicts = [{ ...found, shown_mirror_id, hidden_mirror_id: randomUUID() }];
  const plan = { subdir: 'linux-64', touched: 'all', conflicts } as unknown as SubdirPlan;
  await catalog.db
    .transaction()
    .execute((trx) => noteConflicts(trx, { id: channel, path: 'c' }, [plan], catalog.now()));
  expect((await listConflicts(catalog.db, channel, { limit: 10, offset: 0 })).total_count).toBe(0);
  expect(await events()).toEqual([]);
});

test('the first mirror is shown, and the list, the events and the door agree', async () => {
  const first = await catalog.admit({ ...record('a', one), ...record('same', one) });
  const second = await catalog.admit({ ...record('a', two), ...record('b', two), ...record('same', one) });
  const upper = await catalog.addMirror(channel, first.sourceId);
  const lower = await catalog.addMirror(channel, second.sourceId);
  await publishChannel(catalog, channel, 'first');
  expect(await conflicts()).toEqual(['linux-64 a-1-0.conda mirror-0 1 mirror-1 2']);
  expect(await door('a-1-0.conda')).toBe('1');
  expect(await events()).toEqual([{ begun: 1, over: 0, files: ['linux-64/a-1-0.conda'] }]);

  // Another name changes: what was found stays, and nobody is told again.
  await catalog.editMirror(lower, {
    at_rev: (await catalog.admit({ ...record('a', two), ...record('b', three), ...record('same', one) }, second))
      .revision,
  });
  await publishChannel(catalog, channel, 'other name');
  expect(await conflicts()).toHaveLength(1);
  expect(await events()).toHaveLength(1);

  // The upper one brings b, too, and lets go of a: then the lower one's a is shown, and who has the old publication keeps what it listed.
  const { revision } = await catalog.admit({ ...record('b', one), ...record('same', one) }, first);
  await catalog.editMirror(upper, { at_rev: revision });
  await publishChannel(catalog, channel, 'moved');
  expect(await conflicts()).toEqual(['linux-64 b-1-0.conda mirror-0 1 mirror-1 3']);
  expect([await door('a-1-0.conda'), await door('b-1-0.conda')]).toEqual(['2', '1']);
  expect((await events()).at(-1)).toEqual({ begun: 1, over: 1, files: ['linux-64/b-1-0.conda'] });

  // A rule of the upper one takes its b out: there is nothing to disagree about.
  await catalog.editMirror(upper, { filters: JSON.stringify({ exclude_specs: ['b'] }) });
  expect(await door('b-1-0.conda')).toBe('3');
  await publishChannel(catalog, channel, 'ruled');
  expect(await conflicts()).toEqual([]);
  expect((await events()).at(-1)).toEqual({ begun: 0, over: 1, files: [] });
});

test('what an upload hides is no conflict of mirrors, and neither is one of the past', async () => {
  const [a, b] = [await catalog.admit(record('a', one)), await catalog.admit(record('a', two))];
  await catalog.addMirror(channel, a.sourceId);
  const lower = await catalog.addMirror(channel, b.sourceId);
  await publishChannel(catalog, channel, 'first');
  expect(await conflicts()).toHaveLength(1);
  await catalog.db.deleteFrom('mirror').where('id', '=', lower).execute();
  expect(await conflicts()).toEqual([]);
  await publishChannel(catalog, channel, 'second');
  expect(await door('a-1-0.conda', 1)).toBe('1');
});

test('after a rollback the door gives what the head lists, not what came between', async () => {
  const first = await catalog.admit(record('a', one));
  const mirror = await catalog.addMirror(channel, first.sourceId);
  await publishChannel(catalog, channel, 'first');
  await catalog.editMirror(mirror, { at_rev: (await catalog.admit(record('a', two), first)).revision });
  await publishChannel(catalog, channel, 'second');
  expect(await door('a-1-0.conda')).toBe('2');
  await rollBack(catalog, { id: channel, path: 'c' }, '1', { name: 'tester' });
  expect([await door('a-1-0.conda'), await door('a-1-0.conda', 2)]).toEqual(['1', '2']);
});
