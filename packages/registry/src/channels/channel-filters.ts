import { type ChannelFilters, filterFault, type PackageType } from '@sluice/policy';
import { type FieldIssue, RegistryError } from '../errors.ts';

const keys = [
  'include_licenses',
  'exclude_licenses',
  'exclude_specs',
  'include_specs',
] as const satisfies readonly (keyof ChannelFilters)[];

/** Filters as they are asked for: an empty list, null or nothing all mean that there is no such filter. */
export type FilterWish = { [K in keyof ChannelFilters]?: readonly string[] | null | undefined };

/**
 * Check the filters of a channel, which hold for all its layers.
 *
 * @param types what the channel holds: a spec must be one of each of these.
 * @returns the filters that are set, blanks around them cut, each text once.
 * @throws {RegistryError} `channel_filters` with every issue at once.
 */
export function checkChannelFilters(filters: FilterWish, types: readonly PackageType[]): ChannelFilters {
  const issues: FieldIssue[] = [];
  const set: ChannelFilters = {};
  for (const key of keys) {
    const texts = (filters[key] ?? []).map((text) => text.trim());
    texts.forEach((text, i) => {
      const fault = filterFault(key, text, types);
      if (fault) issues.push({ field: `filters.${key}[${i}]`, ...fault });
    });
    if (texts.length > 0) set[key] = [...new Set(texts)];
  }
  if (issues.length === 0) return set;
  throw new RegistryError('channel_filters', issues.map(({ field, message }) => `${field}: ${message}`).join(' '), {
    issues,
  });
}
