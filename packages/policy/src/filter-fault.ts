import { type MatchKey, parseMatchSpec, parseSubdir, usedKeys } from '@sluice/formats/conda';
import { parseCranTree } from '@sluice/formats/cran';
import { FormatError } from '@sluice/formats/errors';
import { parseLicenceName } from '@sluice/formats/licence';
import type { PackageType } from '@sluice/formats/package';
import { parseProjectName, parsePythonMinor } from '@sluice/formats/pypi';
import { readEnvironment } from './environment.ts';
import { literalSpecName } from './specs/spec-set.ts';

/** The filters that are lists of texts. Wire names of product.md MI-03. */
export type FilterKey =
  | 'subdirs'
  | 'trees'
  | 'projects'
  | 'platforms'
  | 'python_versions'
  | 'include_dependencies'
  | 'only_specs'
  | 'exclude_specs'
  | 'include_specs'
  | 'include_licenses'
  | 'exclude_licenses';

/** What is wrong with one entry of a filter. */
export interface FilterFault {
  code:
    | 'subdir_invalid'
    | 'tree_invalid'
    | 'project_invalid'
    | 'platform_invalid'
    | 'python_version_invalid'
    | 'environment_invalid'
    | 'spec_invalid'
    | 'spec_key_not_supported'
    | 'license_unknown';
  message: string;
}

/** What a spec of a filter may ask of a file: the fields that rules have facts for. */
const judged: readonly MatchKey[] = [
  'name',
  'version',
  'build',
  'build_number',
  'subdir',
  'license',
  'license_family',
  'fn',
  'md5',
  'sha256',
];

/**
 * Check one entry of a filter as a person wrote it. Undefined when rules can be made of it.
 *
 * @param types what it will judge: a spec must be one of each of these.
 */
export function filterFault(key: FilterKey, text: string, types: readonly PackageType[]): FilterFault | undefined {
  switch (key) {
    case 'subdirs':
      return refusal('subdir_invalid', () => parseSubdir(text));
    case 'trees':
      return parseCranTree(text)
        ? undefined
        : {
            code: 'tree_invalid',
            message: `${JSON.stringify(text.slice(0, 80))} is no tree such as bin/windows/contrib/4.5.`,
          };
    case 'projects':
      return refusal('project_invalid', () => parseProjectName(text));
    case 'platforms':
      return /^[a-z0-9_]+(-[a-z0-9_]+)*$/.test(text)
        ? undefined
        : {
            code: 'platform_invalid',
            message: `${JSON.stringify(text.slice(0, 80))} is no platform such as linux-64.`,
          };
    case 'python_versions':
      return refusal('python_version_invalid', () => parsePythonMinor(text));
    case 'include_dependencies':
      return refusal('environment_invalid', () => readEnvironment(text));
    case 'include_licenses':
    case 'exclude_licenses':
      return refusal('license_unknown', () => parseLicenceName(text));
    default:
      return types.map((type) => specFault(type, text)).find((fault) => fault !== undefined);
  }
}

function specFault(type: PackageType, text: string): FilterFault | undefined {
  if (type !== 'conda') return refusal('spec_invalid', () => literalSpecName(type, text));
  let used: readonly MatchKey[] = [];
  const fault = refusal('spec_invalid', () => {
    used = usedKeys(parseMatchSpec(text));
  });
  return fault ?? strangeKeys(text, used);
}

function refusal(code: FilterFault['code'], read: () => unknown): FilterFault | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { code, message: error.message };
  }
}

function strangeKeys(text: string, used: readonly MatchKey[]): FilterFault | undefined {
  const strange = used.filter((key) => !judged.includes(key));
  if (strange.length === 0) return undefined;
  return {
    code: 'spec_key_not_supported',
    message: `${JSON.stringify(text.slice(0, 80))} asks for ${strange.join(', ')}, which a filter cannot judge. It can judge ${judged.join(', ')}.`,
  };
}
