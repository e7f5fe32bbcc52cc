import { condaFactsRow, evaluateAll, factsBuilder, layerRules, type MirrorFilters } from '@sluice/policy';
import { describe, expect, it } from 'vitest';
import { syntheticRecords } from '../synthetic/records.ts';
import { expectedRecords } from './expected.ts';
import { recordSum } from './record-sum.ts';
import { editRules, makeRules, wireFilters } from './rules.ts';

const params = { records: 12_000, names: 600, seed: 3 };

describe('the plain filter of the bench', () => {
  it.each([
    ['as they are', makeRules(params)],
    ['edited', editRules(makeRules(params))],
  ])('agrees with the policy room on the rules %s', (_how, rules) => {
    const builder = factsBuilder('conda', 'linux-64');
    for (const { file, text } of syntheticRecords(params)) builder.add(condaFactsRow(file, Buffer.from(text), 1));
    const filters = wireFilters(rules) as MirrorFilters;
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
    expect(expectedRecords(params, rules)).toEqual({ ...sum.result(), dropped });
    expect(Math.min(...Object.values(dropped))).toBeGreaterThan(0);
    expect(Object.keys(dropped)).toHaveLength(4);
  });

  it('is changed by the edit', () => {
    const rules = makeRules(params);
    expect(expectedRecords(params, editRules(rules)).digest).not.toBe(expectedRecords(params, rules).digest);
  });
});
