import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate, evaluateAll } from './evaluate.ts';
import { factsBuilder } from './facts/builder.ts';
import { condaFactsRow } from './facts/conda-row.ts';
import type { Facts } from './facts/facts.ts';
import type { MirrorFilters } from './filters.ts';
import { layerRules } from './layer-rules.ts';

const names = ['a', 'b', 'c-lib'];
// The last one is no version to a match spec: rules that ask for it fail, and deny.
const versions = ['1.0', '1.1', '2.0rc1', '3!0.1'];

const record = fc.record({
  name: fc.constantFrom(...names),
  version: fc.constantFrom(...versions),
  build: fc.constantFrom('0', 'py312_1'),
  ending: fc.constantFrom('.conda', '.tar.bz2'),
  license: fc.option(fc.constantFrom('MIT', 'GPL-3.0-only', 'BSD-3-Clause OR GPL-2.0-only', 'odd'), { nil: undefined }),
  timestamp: fc.option(fc.constantFrom(1_600_000_000_000, 1_700_000_000_000), { nil: undefined }),
});

const shelf = fc
  .uniqueArray(record, { selector: ({ name, version, build, ending }) => [name, version, build, ending].join('-') })
  .map((records) =>
    records.map(({ ending, ...fields }) => ({
      file: `${fields.name}-${fields.version}-${fields.build}${ending}`,
      body: new TextEncoder().encode(JSON.stringify(fields)),
    })),
  );

const spec = fc.constantFrom('a', 'b >=1.1', '*-lib', 'a[license=MIT]', 'c-lib=1', '*[build=py312*]', 'b[fn=*.conda]');
const specs = fc.uniqueArray(spec, { minLength: 1, maxLength: 3 });
const licences = fc.uniqueArray(fc.constantFrom('mit', 'gpl3', 'bsd', 'none', 'other'), { minLength: 1, maxLength: 2 });
const filters: fc.Arbitrary<MirrorFilters> = fc.record(
  {
    subdirs: fc.constantFrom(['linux-64'], ['noarch']),
    exclude_specs: specs,
    include_specs: specs,
    include_licenses: licences,
    exclude_licenses: licences,
    date_from: fc.constantFrom('2020-01-01', '2023-01-01'),
  },
  { requiredKeys: [] },
);

/** Filters that only take away, added to those there are. */
const more: fc.Arbitrary<(filters: MirrorFilters) => MirrorFilters> = fc.oneof(
  specs.map((list) => (all: MirrorFilters) => ({ ...all, exclude_specs: [...(all.exclude_specs ?? []), ...list] })),
  licences.map((list) => (all: MirrorFilters) => ({
    ...all,
    exclude_licenses: [...(all.exclude_licenses ?? []), ...list],
  })),
  fc.constant((all: MirrorFilters) => ({ ...all, date_from: '2024-01-01' })),
  specs.map((list) => (all: MirrorFilters) => ({ ...all, only_specs: list })),
);

type Shelf = { file: string; body: Uint8Array }[];

function factsOf(files: Shelf): Facts {
  const builder = factsBuilder('linux-64');
  for (const { file, body } of files) builder.add(condaFactsRow(file, body, 1));
  return builder.build();
}

function rulesOf(mirror: MirrorFilters, keepLegacy: boolean) {
  return layerRules({ types: ['conda'], channel: {}, mirror: { filters: mirror, keepLegacy } });
}

describe('whatever the rules and files', () => {
  it('one more rule that denies never lets another file through, but the legacy twin of one it denied', () => {
    fc.assert(
      fc.property(shelf, filters, more, fc.boolean(), (files, before, add, keepLegacy) => {
        const facts = factsOf(files);
        const was = evaluateAll(rulesOf(before, keepLegacy), facts);
        const is = evaluateAll(rulesOf(add(before), keepLegacy), facts);
        for (let i = 0; i < facts.count; i++) {
          if (was[i] === 0 || is[i] !== 0) continue;
          const twin = facts.twin[i]!;
          expect([keepLegacy, was[twin], is[twin] !== 0], facts.file(i)).toEqual([false, 0, true]);
        }
      }),
    );
  });

  it('a file is judged alone, at the door, as among all, in the index', () => {
    fc.assert(
      fc.property(shelf, filters, fc.boolean(), (files, mirror, keepLegacy) => {
        const rules = rulesOf(mirror, keepLegacy);
        const facts = factsOf(files);
        const verdicts = evaluateAll(rules, facts);
        files.forEach((one, i) => {
          const twin = files[facts.twin[i]!];
          const { verdict, reasons } = evaluate(rules, factsOf(twin ? [one, twin] : [one]), 0);
          expect(verdict).toBe(verdicts[i] === 0 ? 'allow' : 'deny');
          if (verdict === 'deny') expect(reasons).toEqual(evaluate(rules, facts, i).reasons);
        });
      }),
    );
  });
});
