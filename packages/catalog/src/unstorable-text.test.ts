import { createTestDatabase } from '@sluice/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { isUnstorableText } from './unstorable-text.ts';

test('U+0000 is told from other faults of a query, in a text and in JSON', async () => {
  const { db, close } = await createTestDatabase();
  const failure = (query: ReturnType<typeof sql>) =>
    query.execute(db).then(
      () => undefined,
      (error: unknown) => error,
    );
  expect(isUnstorableText(await failure(sql`select ${'a\0b'}::text`))).toBe(true);
  expect(isUnstorableText(await failure(sql`select ${JSON.stringify('a\0b')}::jsonb`))).toBe(true);
  expect(isUnstorableText(await failure(sql`select ${'a'}::int`))).toBe(false);
  await close();
});
