import { addRecords, evaluateAll, factsBuilder, layerRules, type MirrorFilters, verdictsOn } from '@sluice/policy';
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

function pythonFacts() {
  const builder = factsBuilder('pypi');
  addRecords(
    builder,
    ['a/a-1.0.tar.gz', 'a/a-2.0.tar.gz', 'a/a-2.0-py3-none-any.whl', 'b/b-1.0.tar.gz', 'c/c-3.tar.gz'].map((file) => {
      const body = Buffer.from(JSON.stringify({ filename: file.slice(2), hashes: {}, url: file }));
      return { file, from_rev: 1, to_rev: null, body, v3: false, extra: null, signatures: null };
    }),
  );
  return builder.build();
}

test.each<[string, MirrorFilters]>([
  ['old formats beside new ones', { exclude_specs: ['a <2'] }],
  ['the newest versions', { latest_versions: 1 }],
  ['named ones', { only_specs: ['a', 'b'] }],
])('shows the same where %s were judged before, and leaves that as it was', (_, filters) => {
  const types = ['conda', 'python'] as const;
  const rules = layerRules({ types, channel: {}, mirror: { filters, keepLegacy: false } });
  for (const known of [{ ...facts }, pythonFacts()]) {
    const touches = ['all' as const, new Set<string>(), ...known.names.map((name) => new Set([name]))];
    const select = (of: typeof facts) =>
      touches.map((touched) => {
        const { verdicts } = selectLayer(rules, of, touched, new Set([known.file(1)]));
        return Array.from(verdicts, (verdict) => verdict === 0);
      });
    const fresh = select(known);
    const judged = { ...known };
    verdictsOn(rules, judged).fill(7);
    expect(select(judged)).toEqual(fresh);
    expect(verdictsOn(rules, judged)).toEqual(evaluateAll(rules, known));
    expect(fresh.flat()).toContain(true);
  }
});
