import { expect, test } from 'vitest';
import { evaluate, evaluateAll } from '../evaluate.ts';
import { factsBuilder } from '../facts/builder.ts';
import type { Facts } from '../facts/facts.ts';
import { factsRowOf } from '../facts/record-facts.ts';
import type { MirrorFilters } from '../filters.ts';
import { layerRules } from '../layer-rules.ts';

const text = (value: object) => new TextEncoder().encode(JSON.stringify(value));
const rulesOf = (filters: MirrorFilters) =>
  layerRules({ types: ['conda', 'python', 'r'], channel: {}, mirror: { filters, keepLegacy: false } });

/** Two files of conda, the first signed. */
function condaFacts(): Facts {
  const builder = factsBuilder('noarch');
  for (const [name, signatures] of [
    ['a', text({ ff: { signature: 'aa' } })],
    ['b', null],
  ] as const) {
    const body = text({ build: '0', build_number: 0, name, version: '1.0', timestamp: Date.parse('2024-01-01') });
    builder.add(factsRowOf('noarch')(`${name}-1.0-0.conda`, body, 1, { signatures }));
  }
  return builder.build();
}

test('only what the index shows signatures of', () => {
  const rules = rulesOf({ only_signed: true });
  expect([...evaluateAll(rules, condaFacts())].map((verdict) => rules[verdict - 1]?.code)).toEqual([
    undefined,
    'signature',
  ]);
  expect(evaluate(rules, condaFacts(), 1).reasons).toMatchObject([
    { code: 'signature', rule: 'only_signed: true', evidence: 'the index has no signature of it' },
  ]);
});

test('of Python what has attestations, of R nothing', () => {
  const python = factsBuilder('pypi');
  for (const provenance of ['https://host/p', null]) {
    const filename = `a-${provenance ? 1 : 2}.0.tar.gz`;
    const body = text({ filename, url: filename, hashes: {}, provenance });
    python.add(factsRowOf('pypi')(`a/${filename}`, body, 1));
  }
  const r = factsBuilder('cran:src:contrib');
  r.add(factsRowOf('cran:src:contrib')('abc_1.0.tar.gz', new TextEncoder().encode('Package: abc\nVersion: 1.0\n'), 1));
  const codes = (facts: Facts) => {
    const rules = rulesOf({ only_signed: true });
    return [...evaluateAll(rules, facts)].map((verdict) => rules[verdict - 1]?.code);
  };
  expect([codes(python.build()), codes(r.build())]).toEqual([[undefined, 'signature'], ['signature']]);
});

test('signatures come after dates and before specs, scores in between', () => {
  const codes = rulesOf({
    only_signed: true,
    cve_score_threshold: 7,
    exclude_non_curated_cve: true,
    date_from: '2020-01-01',
    only_specs: ['a'],
  }).map(({ code }) => code);
  expect(codes.slice(1, 6)).toEqual(['date', 'signature', 'cve', 'uncurated', 'only_specs']);
});

test('scores deny nothing while nothing has been found, and what is above them then', () => {
  const rules = rulesOf({ cve_score_threshold: 7, exclude_non_curated_cve: true });
  const facts = condaFacts();
  expect([...evaluateAll(rules, facts)]).toEqual([0, 0]);
  const codes = (scores: number[], uncurated: boolean[]) => {
    const findings = { score: (i: number) => scores[i]!, isUncurated: (i: number) => uncurated[i]! };
    return [0, 1].map((i) => evaluate(rules, { ...facts, findings }, i).reasons[0]?.code);
  };
  expect(codes([7, 7.1], [false, false])).toEqual([undefined, 'cve']);
  expect(codes([Number.NaN, 9.8], [true, true])).toEqual(['uncurated', 'cve']);
});
