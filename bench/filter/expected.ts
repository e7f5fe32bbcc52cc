import { type SyntheticParams, syntheticRecords } from '../synthetic/records.ts';
import { nameTest } from './name-rule.ts';
import { type RecordSet, recordSum } from './record-sum.ts';
import type { FilterRules } from './rules.ts';

/** What the rules leave of the channel, and how many files each of them drops: the first that does counts. */
export interface Expected extends RecordSet {
  readonly dropped: Readonly<Record<'date' | 'license' | 'exclude_specs' | 'duplicated_legacy_conda', number>>;
}

/** Filter the generated records by the plain meaning of the rules (design.md §7 no. 3), with none of Sluice's code. */
export function expectedRecords(params: SyntheticParams, rules: FilterRules): Expected {
  const dropped = { date: 0, license: 0, exclude_specs: 0, duplicated_legacy_conda: 0 };
  const sum = recordSum();
  const start = Date.parse(`${rules.dateFrom}T00:00:00Z`);
  const isExcluded = nameTest(rules.exclude);
  const isIncluded = nameTest(rules.include);
  const without = new Set(rules.withoutLicences);
  for (const { file, name, version, timestamp, licence, extension, hasTwin, text } of syntheticRecords(params)) {
    const mayBeUsed = licence.choices.some((choice) => !choice.some((family) => without.has(family)));
    if (timestamp === undefined || timestamp < start) dropped.date++;
    else if (!mayBeUsed && !isIncluded(name, version)) dropped.license++;
    else if (isExcluded(name, version) && !isIncluded(name, version)) dropped.exclude_specs++;
    // The twin has the same name, version, licence and date, so it is kept.
    else if (hasTwin && extension === '.tar.bz2') dropped.duplicated_legacy_conda++;
    else sum.add(file, text);
  }
  return { ...sum.result(), dropped };
}
