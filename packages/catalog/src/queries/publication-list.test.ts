import { createTestCatalog } from '@sluice/testkit';
import { expect, test } from 'vitest';
import { findPublication } from './publication-list.ts';

test.each([
  ['linux-64', 'repodata.json.zst', 'newest.jsonl.zst'],
  ['pypi', 'simple.json.zst', 'other.zst'],
  ['cran:src:contrib', 'PACKAGES.zst', 'archive.rds'],
])('the documents of %s are written when its %s is', async (part, main, other) => {
  const catalog = await createTestCatalog();
  const { db } = catalog;
  const channel_id = await catalog.addChannel('c');
  const [row, created_at] = [{ channel_id, cause: 'test', inputs: '[]' }, catalog.now()];
  const [counts, blob] = [{ added: 0, removed: 0, files: 0, packages: 0 }, Buffer.alloc(32)];
  await db
    .insertInto('publication')
    .values({ ...row, ...counts, no: 1, created_at } as never)
    .execute();
  await db
    .insertInto('blob')
    .values({ sha256: blob, size: 0, created_at } as never)
    .execute();
  // General files have no document.
  for (const key of [`${part}/index`, 'files/index']) {
    await db
      .insertInto('entry')
      .values({ channel_id, kind: 'index', key, from_no: 1, blob } as never)
      .execute();
  }
  await db.updateTable('channel').set({ head_no: 1, monolith_no: 1 }).where('id', '=', channel_id).execute();
  const written = async (name: string) => {
    const times = { created_at, written_at: created_at };
    await db
      .insertInto('monolith')
      .values({ channel_id, key: `${part}/${name}`, no: 1, blob, ...times })
      .execute();
    return (await findPublication(db, channel_id, 1))?.monolith;
  };
  expect(await written(other)).toBe('on_demand');
  expect(await written(main)).toBe('written');
  await catalog.close();
});
