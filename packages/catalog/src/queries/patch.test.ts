import { createTestDatabase, type TestDatabase } from '@sluice/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { insertChannel } from './channel.ts';
import { patchesInForce, publishedPatches, readPatch, replacePatches } from './patch.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

const now = new Date('2026-11-01T00:00:00Z');
const patch = (subdir: string, text: string) => ({ subdir, text, sha256: Buffer.from(text) });

async function channel(path: string): Promise<number> {
  const rest = { parent_id: null, privacy: 'public', owner_id: null, description: '' } as const;
  const row = await insertChannel(database.db, { ...rest, path, types: ['conda'], filters: {}, frozen: false }, now);
  return row!.id;
}

it('keeps every version of a document, each in force from its revision to the next', async () => {
  const { db } = database;
  const id = await channel('a');
  const put = (subdirs: string[], ...patches: ReturnType<typeof patch>[]) =>
    replacePatches(db, id, { subdirs, patches, now, by: 'ada' });
  const inForce = async (rev: number) =>
    (await patchesInForce(db, id, rev)).map(({ subdir, from_rev }) => `${subdir}@${from_rev}`);

  expect(await put(['noarch'], patch('noarch', '{"remove":[]}'))).toBe(1);
  expect(await put(['linux-64'], patch('linux-64', '{}'))).toBe(2);
  expect(await put(['noarch'], patch('noarch', '{"remove":["a.conda"]}'))).toBe(3);
  expect(await put(['noarch', 'linux-64'])).toBe(4);

  expect(await Promise.all([0, 1, 2, 3, 4].map(inForce))).toEqual([
    [],
    ['noarch@1'],
    ['linux-64@2', 'noarch@1'],
    ['linux-64@2', 'noarch@3'],
    [],
  ]);
  expect(await readPatch(db, { channel_id: id, subdir: 'noarch', from_rev: 3 })).toBe('{"remove":["a.conda"]}');
  expect((await patchesInForce(db, id, 3))[1]).toMatchObject({ bytes: 22, created_at: now, created_by: 'ada' });
});

it('gives the documents of one channel only', async () => {
  const { db } = database;
  const [one, other] = [await channel('one'), await channel('other')];
  await replacePatches(db, one, { subdirs: ['noarch'], patches: [patch('noarch', '{}')], now, by: 'ada' });
  expect(await patchesInForce(db, other, 1)).toEqual([]);
});

it('finds the documents that publications were made with, and the one in force', async () => {
  const { db } = database;
  const id = await channel('published');
  const counts = { added: 0, removed: 0, files: 0, packages: 0 };
  const publish = (no: number, patch_rev: number) =>
    db
      .insertInto('publication')
      .values({ ...counts, channel_id: id, no, created_at: now, cause: 'test', inputs: '[]', patch_rev })
      .execute();
  const found = async (at?: number) =>
    (await publishedPatches(db, { channelId: id, at }, 'noarch')).map(({ from_rev, to_rev }) => [from_rev, to_rev]);
  expect(await found()).toEqual([]);
  for (const text of ['{}', '{"remove":[]}', '{"revoke":[]}', '{"packages":{}}']) {
    await replacePatches(db, id, { subdirs: ['noarch'], patches: [patch('noarch', text)], now, by: 'ada' });
  }
  await publish(1, 0);
  await publish(2, 1);
  await publish(3, 3);
  expect(await found()).toEqual([
    [4, null],
    [3, 4],
    [1, 2],
  ]);
  expect(await found(2)).toEqual([
    [4, null],
    [1, 2],
  ]);
  expect(await found(1)).toEqual([[4, null]]);
});
