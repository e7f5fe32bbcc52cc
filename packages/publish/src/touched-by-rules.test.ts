import type { MirrorFilters } from '@sluice/policy';
import { expect, it } from 'vitest';
import { touchedByFilters } from './touched-by-rules.ts';

it.each<[string, MirrorFilters, MirrorFilters, string[] | 'all']>([
  ['nothing', { exclude_specs: ['a'] }, { exclude_specs: ['a'] }, []],
  ['the order of a list', { exclude_specs: ['a', 'b'] }, { exclude_specs: ['b', 'a'] }, []],
  ['a first spec', {}, { exclude_specs: ['A <2'] }, ['a']],
  ['one spec for another', { include_specs: ['a=1', 'b'] }, { include_specs: ['a=2', 'b'] }, ['a']],
  ['specs of both lists', { exclude_specs: ['a'] }, { include_specs: ['b[build=0]'] }, ['a', 'b']],
  ['one of many the mirror is limited to', { only_specs: ['a', 'b'] }, { only_specs: ['a'] }, ['b']],
  ['the last the mirror is limited to', { only_specs: ['a'] }, {}, 'all'],
  ['the first the mirror is limited to', {}, { only_specs: ['a'] }, 'all'],
  ['a spec of many names', {}, { exclude_specs: ['py*'] }, 'all'],
  ['a spec of any name', {}, { exclude_specs: ['*[license=MIT]'] }, 'all'],
  ['a licence', {}, { exclude_licenses: ['MIT'] }, 'all'],
  ['a date', { date_to: '2026-01-01' }, { date_to: '2026-01-02' }, 'all'],
  ['the subdirs', { subdirs: ['linux-64'] }, { subdirs: ['linux-64', 'noarch'] }, 'all'],
])('%s touches no more than it must', (_, before, after, touched) => {
  for (const [one, other] of [
    [before, after],
    [after, before],
  ] as const) {
    const names = touchedByFilters('conda', one, other);
    expect(names === 'all' ? names : [...names].sort()).toEqual(touched);
  }
});
