import { closeRecords, insertRecord, lockUploadsSource } from '@sluice/catalog';
import { createTestCatalog, type TestCatalog, testRecord } from '@sluice/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { partFacts } from './part-facts.ts';

let catalog: TestCatalog;
beforeAll(async () => {
  catalog = await createTestCatalog();
});
afterAll(() => catalog.close());

const files = ['a-1-0.conda', 'b-1-0.conda', 'c-1-0.tar.bz2'];
const step = fc.oneof(
  fc.record({ deed: fc.constant('upload' as const), file: fc.constantFrom(...files) }),
  fc.record({ deed: fc.constant('delete' as const), file: fc.constantFrom(...files) }),
  // Columns are written down when so many changed; a publication may also show a revision that is not the newest.
  fc.record({ deed: fc.constant('publish' as const), checkpointAfter: fc.integer({ min: 1, max: 4 }), ago: fc.nat(2) }),
);

it('own uploads have the columns of what is live, wherever the last checkpoint was', async () => {
  let worlds = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const channel = await catalog.addChannel(`c${++worlds}`);
      const { id: source_id } = await lockUploadsSource(catalog.db, channel, catalog.now());
      const part = { source_id, subdir: 'linux-64' };
      const states = [new Map<string, number>()];
      for (const one of steps) {
        const revision = states.length;
        const now = new Map(states.at(-1));
        if (one.deed === 'publish') {
          const shown = Math.max(0, revision - 1 - one.ago);
          const layer = { source_id, revision: shown };
          const facts = await partFacts(catalog, layer, 'linux-64', one.checkpointAfter);
          const found = Array.from({ length: facts.count }, (_, i) => [facts.file(i), facts.fromRev[i]]);
          expect(found.sort()).toEqual([...states[shown]!].sort());
          continue;
        }
        if (one.deed === 'upload') {
          if (now.has(one.file)) continue;
          const body = Buffer.from(JSON.stringify(testRecord(one.file[0]!, '1', { size: revision })));
          await insertRecord(catalog.db, part, { file: one.file, from_rev: revision, body });
          now.set(one.file, revision);
        } else {
          await closeRecords(catalog.db, part, [one.file], revision);
          now.delete(one.file);
        }
        states.push(now);
      }
    }),
    { numRuns: 60 },
  );
});
