import { randomOf } from '../synthetic/random.ts';
import { type SyntheticParams, syntheticNames } from '../synthetic/records.ts';
import { type NameRule, printNameRule } from './name-rule.ts';

/** The six rules of the mirror; the sixth, that a `.tar.bz2` beside its `.conda` goes, is a mirror's default. */
export interface FilterRules {
  readonly subdirs: readonly string[];
  readonly dateFrom: string;
  readonly withoutLicences: readonly string[];
  readonly exclude: readonly NameRule[];
  readonly include: readonly NameRule[];
}

/** Rules that fit a channel: some 200 specs over its names. */
export function makeRules(params: SyntheticParams): FilterRules {
  const random = randomOf(params.seed, 6);
  const names = syntheticNames(params).map(({ name }) => name);
  const draw = () => names[random.below(names.length)]!;
  const some = <T>(count: number, make: () => T) => Array.from({ length: count }, make);
  const version = () => `${random.below(4)}.${random.below(6)}`;
  return {
    subdirs: ['linux-64', 'noarch'],
    dateFrom: '2018-01-01',
    withoutLicences: ['agpl', 'gpl3'],
    exclude: [
      ...some(40, () => ({ name: draw() })),
      ...some(100, () => ({ name: draw(), below: version() })),
      ...some(30, () => ({ name: draw(), atLeast: version() })),
      ...some(20, () => ({ name: draw(), atLeast: '1', below: '2.5' })),
      ...some(10, () => ({ name: `${draw().slice(0, 4)}*`, below: version() })),
    ],
    include: [...some(15, () => ({ name: draw() })), ...some(5, () => ({ name: `${draw().slice(0, 3)}*` }))],
  };
}

/** The same, and these excluded. */
export function withNames(rules: FilterRules, names: readonly NameRule[]): FilterRules {
  return { ...rules, exclude: [...rules.exclude, ...names] };
}

/** Each hits about 60 % of the records of a channel. They differ, so that what one left of a name is not there for the other. */
const licenceChoices = {
  first: ['mit', 'bsd', 'apache'],
  second: ['mit', 'apache', 'gpl2', 'lgpl', 'mozilla', 'other'],
};

/** The same, and these licences excluded, too. */
export function withLicences(rules: FilterRules, choice: keyof typeof licenceChoices): FilterRules {
  return { ...rules, withoutLicences: [...rules.withoutLicences, ...licenceChoices[choice]] };
}

/** The rules as the REST API takes them. */
export function wireFilters(rules: FilterRules): Record<string, unknown> {
  return {
    subdirs: rules.subdirs,
    date_from: rules.dateFrom,
    exclude_licenses: rules.withoutLicences,
    exclude_specs: rules.exclude.map(printNameRule),
    include_specs: rules.include.map(printNameRule),
  };
}
