import type { KnownPart } from './known-part.ts';
import { nameTest } from './name-rule.ts';
import { laneCount, printSet, type RecordSet, type RecordSum, recordSum } from './record-sum.ts';
import type { FilterRules } from './rules.ts';

/** What the rules leave of a subdir, and how many files each of them drops: the first that does counts. */
export interface Expected {
  readonly all: RecordSet;
  /** The records of each name that has any, as one text. */
  readonly shards: ReadonlyMap<string, string>;
  readonly dropped: Readonly<Record<'date' | 'license' | 'exclude_specs' | 'duplicated_legacy_conda', number>>;
}

/** What becomes of a record under the rules: dropped for a reason, or shown. */
export type Fate = keyof Expected['dropped'] | 'shown';

/** The plain meaning of the rules (design.md §7 no. 3), with none of Sluice's code. */
export function fateUnder(rules: FilterRules): (record: KnownPart['records'][number]) => Fate {
  const start = Date.parse(`${rules.dateFrom}T00:00:00Z`);
  const isExcluded = nameTest(rules.exclude);
  const isIncluded = nameTest(rules.include);
  const without = new Set(rules.withoutLicences);
  return ({ name, version, timestamp, licence, extension, hasTwin }) => {
    const mayBeUsed = licence.choices.some((choice) => !choice.some((family) => without.has(family)));
    if (timestamp === undefined || timestamp < start) return 'date';
    if (!mayBeUsed && !isIncluded(name, version)) return 'license';
    if (isExcluded(name, version) && !isIncluded(name, version)) return 'exclude_specs';
    // The twin has the same name, version, licence and date, so it is kept.
    return hasTwin && extension === '.tar.bz2' ? 'duplicated_legacy_conda' : 'shown';
  };
}

/** Filter the generated records. */
export function expectedPart({ records, lanes }: KnownPart, rules: FilterRules): Expected {
  const dropped = { date: 0, license: 0, exclude_specs: 0, duplicated_legacy_conda: 0 };
  const all = recordSum();
  const names = new Map<string, RecordSum>();
  const fateOf = fateUnder(rules);
  for (const [at, record] of records.entries()) {
    const fate = fateOf(record);
    if (fate !== 'shown') {
      dropped[fate]++;
      continue;
    }
    const sum = names.get(record.name) ?? recordSum();
    names.set(record.name, sum);
    sum.addLanes(lanes, at * laneCount);
    all.addLanes(lanes, at * laneCount);
  }
  const shards = new Map(Array.from(names, ([name, sum]) => [name, printSet(sum.result())]));
  return { all: all.result(), shards, dropped };
}
