import { findRecords } from '@sluice/catalog';
import { createTestCatalog, type TestCatalog, testRecord } from '@sluice/testkit';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sourceFacts } from './source-facts.ts';

let catalog: TestCatalog;
beforeEach(async () => {
  catalog = await createTestCatalog();
});
afterEach(() => catalog.close());

/** A state of an upstream: file name → what is written in its record, in the order of the document. */
type State = Map<string, number>;

const files = ['a-1-0.conda', 'a-1-0.tar.bz2', 'b-2-0.conda', 'c-3-0.conda'];
const state: fc.Arbitrary<State> = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...files), fc.nat(2)), { selector: ([file]) => file })
  .map((entries) => new Map(entries));
const histories = fc.array(state, { minLength: 1, maxLength: 6 });

function recordOf(file: string, text: number) {
  const [name, version] = file.split('-') as [string, string];
  // One of the texts is no record of this file: it is as if it were not listed.
  return text === 2 ? testRecord(name, '99') : testRecord(name, version, { size: text });
}

const readable = (one: State) => [...one].filter(([, text]) => text !== 2);
const textOf = (one: State) =>
  JSON.stringify({
    'packages.conda': Object.fromEntries([...one].map(([file, text]) => [file, recordOf(file, text)])),
  });

it('an upstream is remembered as it was at every revision, whatever its history', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      let sourceId: number | undefined;
      const known: { revision: number; state: State }[] = [];
      for (const one of history) {
        const before = known.at(-1);
        const admitted = await catalog.admit(textOf(one), sourceId === undefined ? {} : { sourceId });
        sourceId = admitted.sourceId;
        const same = before && isSame(before.state, one);
        expect(admitted.revision).toBe(same ? before.revision : (before?.revision ?? 0) + 1);
        known.push({ revision: admitted.revision, state: one });
        const refused = await catalog.db.selectFrom('refused_record').select('file').where('source_id', '=', sourceId);
        expect((await refused.execute()).map(({ file }) => file).sort()).toEqual(
          [...one].flatMap(([file, text]) => (text === 2 ? [file] : [])).sort(),
        );
      }
      for (const { revision, state: wanted } of known) {
        const part = { source_id: sourceId as number, subdir: 'linux-64' };
        const rows = await findRecords(catalog.db, part, files, revision);
        const found = rows.map(({ file, body }) => [file, JSON.parse(Buffer.from(body).toString())]);
        expect(Object.fromEntries(found)).toEqual(
          Object.fromEntries(readable(wanted).map(([file, text]) => [file, recordOf(file, text)])),
        );
        const facts = await sourceFacts(catalog, part, revision);
        const shown = Array.from({ length: facts!.count }, (_, i) => [facts!.file(i), facts!.size[i]]);
        expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(readable(wanted)));
        expect(shown.length).toBe(rows.length);
      }
    }),
    { numRuns: 25 },
  );
});

function isSame(one: State, other: State): boolean {
  const entries = (state: State) => JSON.stringify(readable(state).sort());
  return entries(one) === entries(other);
}

it.each([
  ['twice in one map', '{"packages.conda": {"a-1-0.conda": R, "a-1-0.conda": R}}'],
  ['in both maps', '{"packages": {"a-1-0.conda": R}, "packages.conda": {"a-1-0.conda": R}}'],
])('an index that lists a file %s is refused as a whole', async (_, text) => {
  const document = text.replaceAll('R', JSON.stringify(testRecord('a', '1')));
  const known = await catalog.admit({ 'b-2-0.conda': testRecord('b', '2') });
  for (const sourceId of [known.sourceId, undefined]) {
    const admitted = catalog.admit(document, sourceId === undefined ? {} : { sourceId });
    await expect(admitted).rejects.toMatchObject({ code: 'index_duplicate_file', found: 'a-1-0.conda' });
  }
  const facts = await sourceFacts(catalog, { source_id: known.sourceId, subdir: 'linux-64' }, known.revision);
  expect([facts!.count, facts!.file(0)]).toEqual([1, 'b-2-0.conda']);
});
