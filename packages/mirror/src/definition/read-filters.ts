import { type FilterKey, filterFault, isDay, type MirrorFilters } from '@sluice/policy';
import type { DefinitionIssue } from '../errors.ts';

/** Filters of product.md MI-03 that exist and are not built yet: refused, because ignoring one would let through what it forbids. */
const laterFilters = ['projects', 'cve_score_threshold', 'exclude_non_curated_cve', 'only_signed'];

const listKeys: readonly FilterKey[] = [
  'subdirs',
  'only_specs',
  'exclude_specs',
  'include_specs',
  'include_licenses',
  'exclude_licenses',
];

/**
 * Check the filters of a mirror (wire names of product.md MI-03). Empty lists, null and false mean: not set.
 *
 * @returns the filters that are set, or everything that is wrong with them.
 */
export function readMirrorFilters(filters: unknown): { filters: MirrorFilters } | { issues: DefinitionIssue[] } {
  const issues: DefinitionIssue[] = [];
  const given = entriesOf(filters, issues);
  const out: MirrorFilters = {};
  for (const [key, value] of given) {
    if (isListKey(key)) {
      const list = readList(key, value, issues);
      if (list.length > 0) out[key] = list;
    } else if (key === 'date_from' || key === 'date_to') {
      if (typeof value === 'string' && isDay(value)) out[key] = value;
      else
        issues.push({
          field: `filters.${key}`,
          code: 'date_invalid',
          message: `${shown(value)} is no day: write YYYY-MM-DD, such as 2026-02-28.`,
        });
    } else if (laterFilters.includes(key)) {
      issues.push({
        field: `filters.${key}`,
        code: 'filter_not_supported',
        message: `The filter ${key} is not supported yet. Leave it out: the mirror would not heed it.`,
      });
    } else {
      issues.push({
        field: `filters.${key}`,
        code: 'filter_unknown',
        message: `There is no filter ${key}. Known are ${[...listKeys, 'date_from', 'date_to'].join(', ')}.`,
      });
    }
  }
  issues.push(...conflicts(out));
  return issues.length > 0 ? { issues } : { filters: out };
}

function entriesOf(filters: unknown, issues: DefinitionIssue[]): [string, unknown][] {
  if (filters === undefined || filters === null) return [];
  if (typeof filters !== 'object' || Array.isArray(filters)) {
    issues.push({
      field: 'filters',
      code: 'not_list',
      message: 'The filters are an object of lists, such as {"subdirs": ["noarch"]}.',
    });
    return [];
  }
  return Object.entries(filters).filter(([, value]) => !isUnset(value));
}

function isUnset(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === false ||
    value === '' ||
    (Array.isArray(value) && value.length === 0)
  );
}

function isListKey(key: string): key is FilterKey {
  return (listKeys as readonly string[]).includes(key);
}

/** The texts of a list, blanks around them cut, each once. */
function readList(key: FilterKey, value: unknown, issues: DefinitionIssue[]): string[] {
  if (!Array.isArray(value)) {
    issues.push({ field: `filters.${key}`, code: 'not_list', message: `${key} is a list of texts.` });
    return [];
  }
  const texts = new Set<string>();
  value.forEach((item: unknown, i) => {
    const field = `filters.${key}[${i}]`;
    if (typeof item !== 'string') {
      issues.push({ field, code: 'not_text', message: `${shown(item)} is no text.` });
      return;
    }
    const text = item.trim();
    const fault = filterFault(key, text, ['conda']);
    if (fault) issues.push({ field, ...fault });
    texts.add(text);
  });
  return [...texts];
}

function conflicts(filters: MirrorFilters): DefinitionIssue[] {
  const issues: DefinitionIssue[] = [];
  for (const key of ['exclude_specs', 'include_specs'] as const) {
    if (filters.only_specs && filters[key]) {
      issues.push({
        field: `filters.${key}`,
        code: 'specs_conflict',
        message: `only_specs cannot be combined with ${key}. Use one of them.`,
      });
    }
  }
  if (filters.date_from && filters.date_to && filters.date_from > filters.date_to) {
    issues.push({
      field: 'filters.date_to',
      code: 'date_order',
      message: `date_to ${filters.date_to} is before date_from ${filters.date_from}.`,
    });
  }
  return issues;
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 80);
}
