import { createTestDatabase, type TestDatabase } from '@sluice/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { copyOut } from '../copy/copy-out.ts';
import { copyVersionsAfter } from './bundle-out.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  const source =
    "insert into source (id, type, url, created_at) overriding system value values (7, 'conda', 'https://one.example', now())";
  await database.pool.query(source);
  const files = ['bar-1.conda', 'foo-1.conda', 'foo-bar-1.conda', 'foo.bar-1.conda', 'foo_-1.conda', "o'x-1.conda"];
  for (const file of files) {
    await database.pool.query(
      "insert into record (source_id, subdir, file, from_rev, body) values (7, 'noarch', $1, 1, '')",
      [file],
    );
  }
});
afterAll(() => database.close());

/** Names lie within each other: "foo-" holds "foo-bar-", and no file comes twice. */
it.each([
  { after: '', names: undefined, files: ['bar-1', 'foo-1', 'foo-bar-1', 'foo.bar-1', 'foo_-1', "o'x-1"] },
  { after: '', names: ['foo', 'foo-bar', 'absent', 'bar'], files: ['bar-1', 'foo-1', 'foo-bar-1'] },
  { after: 'bar-1.conda', names: ["o'x", 'bar', 'foo-bar'], files: ['foo-bar-1', "o'x-1"] },
  { after: '', names: ['absent'], files: [] },
])('reads the files of $names after "$after" in order', async ({ after, names, files }) => {
  const client = await database.pool.connect();
  const ranges = names?.map((name) => [`${name}-`, `${name}.`] as const);
  const found: string[] = [];
  const parts = [{ source_id: 7, subdir: 'noarch', revision: 1 }];
  for await (const batch of copyOut(client, copyVersionsAfter(parts, after, ranges))) {
    for (let i = 0; i < batch.length; i++) found.push(batch.text(i, 0)!);
  }
  client.release();
  expect(found).toEqual(files.map((file) => `${file}.conda`));
});
