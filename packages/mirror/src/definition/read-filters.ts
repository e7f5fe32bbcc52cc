import { normaliseProjectName } from '@sluice/formats/pypi';
import { type FilterKey, filterFault, isDay, type MirrorFilters } from '@sluice/policy';
import type { DefinitionIssue } from '../errors.ts';
import { type MirrorType, mirrorTypes } from './mirror-types.ts';

/** The lists that every type of mirror may have. */
const commonKeys = [
  'only_specs',
  'exclude_specs',
  'include_specs',
  'include_licenses',
  'exclude_licenses',
] as const satisfies readonly FilterKey[];

/** The others that every type may have. */
const otherKeys = ['date_from', 'date_to', 'cve_score_threshold', 'exclude_non_curated_cve', 'only_signed'];

/**
 * Check the filters of a mirror of that type (wire names of product.md MI-03). Empty lists, null and false mean: not set.
 *
 * @returns the filters that are set, or everything that is wrong with them.
 */
export function readMirrorFilters(
  filters: unknown,
  type: MirrorType,
): { filters: MirrorFilters } | { issues: DefinitionIssue[] } {
  const issues: DefinitionIssue[] = [];
  const given = entriesOf(filters, issues);
  // Of R the sources come in unless binaries are named, since there is no end of these.
  const out: MirrorFilters = type === 'CRAN' ? { trees: ['src/contrib'] } : {};
  for (const [key, value] of given) {
    if (key === 'include_dependencies' && type !== 'python_simple') {
      if (value === true) out.include_dependencies = true;
      else issues.push(notSwitch(key));
    } else if (isListKey(key, type)) {
      const list = readList(key, value, type, issues);
      if (list.length > 0) out[key] = list;
    } else if (key === 'latest_versions' && isOf(type, key)) {
      if (typeof value === 'number' && Number.isInteger(value) && value > 0) out.latest_versions = value;
      else
        issues.push({
          field: `filters.${key}`,
          code: 'not_count',
          message: `${shown(value)} is no count: write 1 or more.`,
        });
    } else if (isOfAnother(key, type)) {
      issues.push({
        field: `filters.${key}`,
        code: 'filter_of_another_type',
        message: `Mirrors of type ${type} have no filter ${key}. Known are ${knownKeys(type).join(', ')}.`,
      });
    } else if (key === 'date_from' || key === 'date_to') {
      if (typeof value === 'string' && isDay(value)) out[key] = value;
      else
        issues.push({
          field: `filters.${key}`,
          code: 'date_invalid',
          message: `${shown(value)} is no day: write YYYY-MM-DD, such as 2026-02-28.`,
        });
    } else if (key === 'only_signed' || key === 'exclude_non_curated_cve') {
      if (value === true) out[key] = true;
      else issues.push(notSwitch(key));
    } else if (key === 'cve_score_threshold') {
      if (typeof value === 'number' && value >= 0 && value <= 10) out[key] = value;
      else
        issues.push({
          field: `filters.${key}`,
          code: 'score_invalid',
          message: `${shown(value)} is no score: write a number from 0.0 to 10.0.`,
        });
    } else {
      issues.push({
        field: `filters.${key}`,
        code: 'filter_unknown',
        message: `There is no filter ${key}. Known are ${knownKeys(type).join(', ')}.`,
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

function isListKey(key: string, type: MirrorType): key is FilterKey {
  return key !== 'latest_versions' && (isOf(type, key) || commonKeys.some((one) => one === key));
}

function isOf(type: MirrorType, key: string): boolean {
  return mirrorTypes[type].filters.some((one) => one === key);
}

function isOfAnother(key: string, type: MirrorType): boolean {
  return !isOf(type, key) && Object.values(mirrorTypes).some(({ filters }) => filters.some((one) => one === key));
}

function knownKeys(type: MirrorType): string[] {
  return [...mirrorTypes[type].filters, ...commonKeys, ...otherKeys];
}

/** The texts of a list, blanks around them cut, projects normalised, each once. */
function readList(key: FilterKey, value: unknown, type: MirrorType, issues: DefinitionIssue[]): string[] {
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
    const fault = filterFault(key, text, [mirrorTypes[type].packages]);
    if (fault) issues.push({ field, ...fault });
    texts.add(key === 'projects' ? normaliseProjectName(text) : text);
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
  if (filters.include_dependencies === true && !filters.only_specs) {
    issues.push({
      field: 'filters.include_dependencies',
      code: 'specs_conflict',
      message: 'include_dependencies brings along what the files of only_specs depend on: say which these are.',
    });
  } else if (filters.include_dependencies && filters.include_dependencies !== true && !filters.projects) {
    issues.push({
      field: 'filters.include_dependencies',
      code: 'specs_conflict',
      message: 'include_dependencies is about the dependencies of projects: name these.',
    });
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

function notSwitch(key: string): DefinitionIssue {
  return { field: `filters.${key}`, code: 'not_boolean', message: `${key} is true or false.` };
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 80);
}
