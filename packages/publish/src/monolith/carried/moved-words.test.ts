import { insertBlobs } from '@sluice/catalog';
import { putSmallBlobs } from '@sluice/storage';
import { createTestCatalog, type TestCatalog } from '@sluice/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { movedWords } from './moved-words.ts';

let catalog: TestCatalog;
let channelId: number;
let blob: Uint8Array;
beforeAll(async () => {
  catalog = await createTestCatalog();
  channelId = await catalog.addChannel('c');
  const [row] = await putSmallBlobs(catalog.storage, [Buffer.from('a shard')]);
  await insertBlobs(catalog.db, [row!], catalog.now());
  blob = row!.sha256;
});
afterAll(() => catalog.close());

/** What a publication lists: names with their words; null where a shard does not say. */
type Listed = Record<string, readonly bigint[] | null>;

function signatureOf(words: readonly bigint[]): Buffer {
  return Buffer.from(new BigUint64Array(words).sort().buffer);
}

/** Note publications 1, 2, … of the part noarch, and one name of another part that changes each time. */
async function publish(history: readonly Listed[]): Promise<void> {
  await catalog.db.deleteFrom('entry').execute();
  const rows: { key: string; from_no: number; to_no: number | null; signature: Buffer | null }[] = [];
  const live = new Map<string, (typeof rows)[number]>();
  history.forEach((listed, i) => {
    const all = { ...listed, '../noarch-2/x': [BigInt(i)] };
    for (const name of new Set([...live.keys(), ...Object.keys(all)])) {
      const words = all[name as keyof typeof all];
      const signature = words ? signatureOf(words) : null;
      const before = live.get(name);
      if (before && words !== undefined && String(before.signature) === String(signature)) continue;
      if (before) before.to_no = i + 1;
      live.delete(name);
      if (words === undefined) continue;
      const key = name.startsWith('../') ? name.slice(3) : `noarch/${name}`;
      const row = { key, from_no: i + 1, to_no: null, signature };
      live.set(name, row);
      rows.push(row);
    }
  });
  const shards = rows.map((row) => ({
    ...row,
    channel_id: channelId,
    kind: 'shard' as const,
    blob: Buffer.from(blob),
  }));
  await catalog.db.insertInto('entry').values(shards).execute();
}

const moved = (from: number, to: number, most = 1000) =>
  movedWords(catalog, channelId, { subdir: 'noarch', from, to, most });

// Words that differ in one half only, and halves that a signed comparison would put elsewhere.
const half = fc.constantFrom(0n, 1n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn);
const word = fc
  .tuple(half, half, fc.nat(3))
  .map(([high, low, name]) => ({ word: (high << 32n) | low, name: 'abcd'[name]! }));
const listed = fc.uniqueArray(word, { selector: (one) => one.word, maxLength: 10 }).map((words): Listed => {
  const names: Record<string, bigint[]> = {};
  for (const one of words) names[one.name] = [...(names[one.name] ?? []), one.word];
  return names;
});

test('any two publications differ by the words that one of them lists alone', async () => {
  const history = fc.array(listed, { minLength: 2, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(history, async (publications) => {
      await publish(publications);
      for (let from = 1; from <= publications.length; from++) {
        for (let to = from; to <= publications.length; to++) {
          const [before, after] = [publications[from - 1]!, publications[to - 1]!];
          const only = (one: Listed, other: Listed) =>
            new Map(
              Object.entries(one).flatMap(([name, words]) =>
                words!.filter((value) => !other[name]?.includes(value)).map((value) => [value, name] as const),
              ),
            );
          const dropped = only(before, after);
          const { listed: all, ...found } = (await moved(from, to))!;
          expect(found).toEqual({ dropped, fresh: only(after, before) });
          const wanted = [...new Set(dropped.values())].filter((name) => after[name]);
          expect([...all.keys()].sort()).toEqual(wanted.sort());
          for (const [name, signature] of all) expect(Buffer.from(signature)).toEqual(signatureOf(after[name]!));
        }
      }
    }),
    { numRuns: 40 },
  );
});

test('more than were asked for are not told, nor what a shard does not say', async () => {
  await publish([{ a: [1n, 2n, 3n] }, { a: [1n], b: [4n] }, { a: [1n], b: null }]);
  expect((await moved(1, 2, 3))?.dropped.size).toBe(2);
  expect(await moved(1, 2, 2)).toBeUndefined();
  expect(await moved(2, 3)).toBeUndefined();
  await publish([{ a: [1n, 2n, 3n] }, {}]);
  expect(await moved(1, 2, 2)).toBeUndefined();
});
