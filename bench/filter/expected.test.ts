import { evaluateAll, factsBuilder, factsRowOf, layerRules, type MirrorFilters } from '@sluice/policy';
import { describe, expect, it } from 'vitest';
import { syntheticRecords } from '../synthetic/records.ts';
import { editNames } from './edit-names.ts';
import { expectedPart } from './expected.ts';
import { knowPart } from './known-part.ts';
import { recordSum } from './record-sum.ts';
import { makeRules, wireFilters, withLicences, withNames } from './rules.ts';

const params = { records: 12_000, names: 600, seed: 3, subdir: 'linux-64' };
const part = knowPart(params);
const rules = makeRules(params);
const edit = editNames(part, rules, 25, new Set());

describe('the plain filter of the bench', () => {
  it.each([
    ['as they are', rules],
    ['with names edited', withNames(rules, edit)],
    ['with licences edited', withLicences(rules, 'first')],
  ])('agrees with the policy room on the rules %s', (_how, wanted) => {
    const builder = factsBuilder('linux-64');
    for (const { file, text } of syntheticRecords(params))
      builder.add(factsRowOf('linux-64')(file, Buffer.from(text), 1));
    const filters = wireFilters(wanted) as MirrorFilters;
    const compiled = layerRules({ types: ['conda'], channel: {}, mirror: { filters, keepLegacy: false } });
    const verdicts = evaluateAll(compiled, builder.build());

    const dropped: Record<string, number> = {};
    const sum = recordSum();
    let row = 0;
    for (const { file, text } of syntheticRecords(params)) {
      const verdict = verdicts[row++]!;
      if (verdict === 0) sum.add(file, text);
      else dropped[compiled[verdict - 1]!.code] = (dropped[compiled[verdict - 1]!.code] ?? 0) + 1;
    }
    const expected = expectedPart(part, wanted);
    expect(expected.all).toEqual(sum.result());
    expect(expected.dropped).toEqual(dropped);
    expect(Math.min(...Object.values(dropped))).toBeGreaterThan(0);
    expect(Object.keys(dropped)).toHaveLength(4);
  });

  it('sees exactly the edited names change, and none of them go', () => {
    const [before, after] = [expectedPart(part, rules).shards, expectedPart(part, withNames(rules, edit)).shards];
    const changed = [...before.keys()].filter((name) => before.get(name) !== after.get(name)).sort();
    expect(changed).toEqual(edit.map(({ name }) => name).sort());
    expect(after.size).toBe(before.size);
  });

  it.each(['first', 'second'] as const)('loses three fifths of the records to the %s choice of licences', (choice) => {
    const hit = expectedPart(part, withLicences({ ...rules, exclude: [], dateFrom: '2000-01-01' }, choice));
    expect(hit.dropped.license / part.records.length).toBeGreaterThan(0.5);
    expect(hit.dropped.license / part.records.length).toBeLessThan(0.8);
  });
});
