import { type MatchKey, parseMatchSpec, usedKeys } from '@sluice/formats/conda';
import { FormatError } from '@sluice/formats/errors';
import { parseLicenceName } from '@sluice/formats/licence';
import type { ChannelFilters } from '@sluice/policy';
import { type FieldIssue, RegistryError } from '../errors.ts';

/** What a spec of a filter may ask of a file: the fields that rules have facts for. */
const judged: readonly MatchKey[] = [
  'name',
  'version',
  'build',
  'build_number',
  'subdir',
  'license',
  'license_family',
  'md5',
  'sha256',
  'fn',
];

const readers = {
  include_licenses: checkLicence,
  exclude_licenses: checkLicence,
  exclude_specs: checkSpec,
  include_specs: checkSpec,
} as const satisfies Record<keyof ChannelFilters, (text: string) => void>;

/** Filters as they are asked for: an empty list, null or nothing all mean that there is no such filter. */
export type FilterWish = { [K in keyof ChannelFilters]?: readonly string[] | null | undefined };

/**
 * Check the filters of a channel, which hold for all its layers.
 *
 * @returns the filters that are set, blanks around them cut, each text once.
 * @throws {RegistryError} `channel_filters` with every issue at once.
 */
export function checkChannelFilters(filters: FilterWish): ChannelFilters {
  const issues: FieldIssue[] = [];
  const set: ChannelFilters = {};
  for (const key of Object.keys(readers) as (keyof ChannelFilters)[]) {
    const texts = (filters[key] ?? []).map((text) => text.trim());
    texts.forEach((text, i) => {
      const issue = issueOf(`filters.${key}[${i}]`, () => readers[key](text));
      if (issue) issues.push(issue);
    });
    if (texts.length > 0) set[key] = [...new Set(texts)];
  }
  if (issues.length === 0) return set;
  throw new RegistryError('channel_filters', issues.map(({ field, message }) => `${field}: ${message}`).join(' '), {
    issues,
  });
}

function issueOf(field: string, read: () => void): FieldIssue | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof RegistryError)) throw error;
    return { field, code: error.code, message: error.message };
  }
}

function checkLicence(text: string): void {
  parseLicenceName(text);
}

function checkSpec(text: string): void {
  const unjudged = usedKeys(parseMatchSpec(text)).filter((key) => !judged.includes(key));
  if (unjudged.length === 0) return;
  throw new RegistryError(
    'channel_filters',
    `${JSON.stringify(text)} asks for ${unjudged.join(', ')}, which a filter cannot judge; it can judge ${judged.join(', ')}.`,
    { wanted: judged.join(', '), found: unjudged.join(', ') },
  );
}
