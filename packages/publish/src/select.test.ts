import { addRecords, factsBuilder, layerRules } from '@sluice/policy';
import { expect, test } from 'vitest';
import { selectLayer, shownNames } from './select.ts';

const files = ['a-1-0.conda', 'a-2-0.conda', 'b-1-0.conda', 'b-1-0.tar.bz2', 'c-1-0.conda'];
const builder = factsBuilder('linux-64');
addRecords(
  builder,
  files.map((file) => {
    const [name, version] = file.split('-');
    const body = Buffer.from(JSON.stringify({ name, version, build: '0' }));
    return { file, from_rev: 1, to_rev: null, body, v3: false, extra: null, signatures: null };
  }),
);
const facts = builder.build();
const rules = layerRules({
  types: ['conda'],
  channel: {},
  mirror: { filters: { exclude_specs: ['a <2'] }, keepLegacy: false },
});

function shown(touched: 'all' | ReadonlySet<string>, excluded: readonly string[] = []) {
  const layer = selectLayer(rules, facts, touched, new Set(excluded));
  return Array.from(shownNames([layer]), ({ name, parts }) => [name, ...parts[0]!.rows.map(Number)].join());
}

test('shows what the rules allow of all names, or of those that are asked for', () => {
  expect(shown('all')).toEqual(['a,1', 'b,2', 'c,4']);
  expect(shown(new Set(['a', 'b']))).toEqual(['a,1', 'b,2']);
  expect(shown(new Set(['c', 'unknown']))).toEqual(['c,4']);
  expect(shown(new Set(['a', 'c']), ['c-1-0.conda'])).toEqual(['a,1']);
});
