import { filterFault, type MirrorFilters } from '@sluice/policy';
import { familyFault } from './licence-family.ts';
import { booleanOf, isBareNumber, itemsOf, readYamlFields, textOfScalar, type YamlFields } from './yaml-fields.ts';

/** What a mirror file of the older tools asks for. */
export interface MirrorFile {
  /** What it mirrors: conda channels, or projects of a Python index. */
  type: 'conda' | 'python_simple';
  dest_channel: string;
  dest_site: string | undefined;
  /** Who may read the destination if it has to be made. */
  access: 'public' | 'authenticated' | 'private';
  /** As written: URLs, `file://`, paths, short names. Of Python the one address of the index. */
  channels: string[];
  /** The address below which packages and installers are. */
  remote_url: string;
  /** What short names of channels are completed with. */
  channel_alias: string;
  filters: MirrorFilters;
  keep_legacy: boolean;
  clean: boolean;
  /** What the person should know of it, but need not change. */
  notes: string[];
}

/** Where packages and installers were when the files were invented. @see product.md AE-02 */
const defaultRemote = 'https://repo.continuum.io/';
const defaultAlias = 'https://conda.anaconda.org';

const listKeys = [
  'channels',
  'platforms',
  'pkg_list',
  'python_versions',
  'license_blacklist',
  'blacklist',
  'whitelist',
] as const;
const textKeys = ['remote_url', 'dest_channel', 'dest_site', 'channel_alias', 'user', 'channel', 'access'] as const;
const booleanKeys = ['clean', 'latest_only'] as const;

/** Keys of tools around this one: why they do nothing here, and what does. */
const notTaken: Record<string, string> = {
  delta: 'Packages that are new since the last time travel in a bundle: npx sluice bundle create.',
  accounts: 'Name the addresses of the channels under channels.',
  account_mapping: 'Write one file for each destination, with its dest_channel.',
  api_domain: 'Name the address of the channel under channels.',
  api_token: 'Put the token into the address of the channel, as https://<host>/t/<token>/<channel>.',
};

/**
 * Read a mirror file of Enterprise 5, its successor or its predecessor.
 *
 * @returns what it asks for, or everything that is wrong with it, one sentence each.
 * @see product.md AE-02 to AE-08, AE-15 to AE-17
 */
export function readMirrorFile(text: string): { file: MirrorFile } | { faults: string[] } {
  const read = readYamlFields(text);
  if ('fault' in read) return { faults: [`This cannot be read as YAML: ${read.fault}.`] };
  const faults: string[] = [];
  const values = readValues(read.fields, faults);
  if (faults.length > 0) return { faults };
  faults.push(...exclusive(values));
  const isPython = values.latest_only !== undefined || values.user !== undefined;
  const file = isPython ? pythonFile(values, faults) : condaFile(values, faults);
  return faults.length > 0 ? { faults } : { file };
}

type Values = { [K in (typeof listKeys)[number]]?: string[] } & { [K in (typeof textKeys)[number]]?: string } & {
  [K in (typeof booleanKeys)[number]]?: boolean;
} & { format_policy?: string; mirror_dir?: string };

const known = [...listKeys, ...textKeys, ...booleanKeys, 'format_policy', 'mirror_dir'];

function readValues(fields: YamlFields, faults: string[]): Values {
  const values: Record<string, unknown> = {};
  for (const [key, node] of fields) {
    // The tool before this family called it so.
    const name = key === 'package_list' ? 'pkg_list' : key;
    if (Object.hasOwn(notTaken, name)) faults.push(`The key ${name} does nothing here. ${notTaken[name]}`);
    else if (!known.includes(name)) faults.push(`There is no key ${name}. Known are ${known.sort().join(', ')}.`);
    else if (listKeys.some((one) => one === name)) values[name] = readList(name, node, faults);
    else if (booleanKeys.some((one) => one === name)) {
      values[name] = booleanOf(node);
      if (values[name] === undefined) faults.push(`${name} is true or false.`);
    } else {
      const said = textOfScalar(node)?.trim();
      if (said === undefined && itemsOf(node)?.length !== 0) faults.push(`${name} is one text.`);
      if (said) values[name] = said;
    }
  }
  return values as Values;
}

function readList(key: string, node: unknown, faults: string[]): string[] | undefined {
  const items = itemsOf(node);
  const texts: string[] = [];
  for (const item of items ?? [undefined]) {
    const text = textOfScalar(item)?.trim();
    if (!text) faults.push(`${key} is a list of texts, one a line with "- " in front.`);
    else if (key === 'python_versions' && isBareNumber(item) && isTrap(text)) {
      faults.push(
        `python_versions: YAML reads ${text} without quotes as the number ${Number(text)}. Write ${trapText(text)}.`,
      );
    } else texts.push(text);
  }
  return texts.length > 0 ? [...new Set(texts)] : undefined;
}

/** A number that loses its end, or that may be what is left of 3.10. */
function isTrap(text: string): boolean {
  return String(Number(text)) !== text || /^3\.[12]$/.test(text);
}

function trapText(text: string): string {
  return /^3\.[12]$/.test(text) ? `"${text}0" if that is meant, else "${text}"` : `"${text}"`;
}

/** @see product.md AE-04 */
function exclusive(values: Values): string[] {
  return (['blacklist', 'whitelist', 'license_blacklist'] as const)
    .filter((key) => values.pkg_list !== undefined && values[key] !== undefined)
    .map((key) => `pkg_list and ${key} do not go together: pkg_list names all that comes in. Leave one of them out.`);
}

function condaFile(values: Values, faults: string[]): MirrorFile {
  const remote_url = withSlash(values.remote_url ?? defaultRemote);
  const { pkg_list, blacklist, whitelist, license_blacklist, platforms, python_versions } = values;
  const filters: MirrorFilters = {
    ...(platforms && { subdirs: platforms }),
    ...(python_versions && { python_versions }),
    ...(pkg_list && { only_specs: pkg_list }),
    ...(license_blacklist && { exclude_licenses: license_blacklist }),
    ...(blacklist && { exclude_specs: blacklist }),
    ...(whitelist && { include_specs: whitelist }),
  };
  for (const family of license_blacklist ?? []) faults.push(...familyFault(family));
  faults.push(...wrongItems('conda', filters));
  return {
    ...common(values, values.dest_channel ?? values.channel ?? 'anaconda', faults),
    type: 'conda',
    channels: values.channels ?? [`${remote_url}pkgs/free/`, `${remote_url}pkgs/pro/`],
    remote_url,
    filters,
    keep_legacy: keepsLegacy(values.format_policy, faults),
    notes: [
      ...(whitelist && !blacklist && !license_blacklist
        ? ['whitelist alone changes nothing: it re-adds what blacklist or license_blacklist took out.']
        : []),
      ...notesOf(values),
    ],
  };
}

/** A file for a Python index. @see product.md AE-17 */
function pythonFile(values: Values, faults: string[]): MirrorFile {
  const { remote_url, whitelist, pkg_list, blacklist, license_blacklist, platforms, python_versions } = values;
  if (remote_url === undefined) {
    faults.push('A mirror of Python projects needs remote_url, the address of the index that pip is set to.');
  }
  const projects = whitelist ?? pkg_list;
  const filters: MirrorFilters = {
    ...(projects && { projects }),
    ...(platforms && { platforms }),
    ...(python_versions && { python_versions }),
    ...(license_blacklist && { exclude_licenses: license_blacklist }),
    ...(blacklist && { exclude_specs: blacklist }),
    ...(values.latest_only && { latest_versions: 1 }),
  };
  faults.push(...wrongItems('python', filters));
  const dest = values.dest_channel ?? values.channel ?? values.user ?? 'pypi';
  return {
    ...common(values, dest, faults),
    type: 'python_simple',
    channels: [remote_url ?? ''],
    remote_url: remote_url ?? '',
    filters,
    keep_legacy: false,
    notes: notesOf(values),
  };
}

function common({ dest_site, access = 'authenticated', channel_alias, clean }: Values, dest: string, faults: string[]) {
  if (!/^[^/]+(\/[^/]+)?$/.test(dest)) faults.push('dest_channel names a channel, or channel/subchannel.');
  if (access !== 'public' && access !== 'authenticated' && access !== 'private') {
    faults.push('access is public, authenticated or private.');
  }
  return {
    dest_channel: dest,
    dest_site,
    access: access as MirrorFile['access'],
    channel_alias: (channel_alias ?? defaultAlias).replace(/\/+$/, ''),
    clean: clean ?? false,
  };
}

function wrongItems(type: 'conda' | 'python', filters: MirrorFilters): string[] {
  const { subdirs, platforms, python_versions, only_specs, exclude_specs, include_specs, projects } = filters;
  const lists = { subdirs, platforms, python_versions, only_specs, exclude_specs, include_specs, projects };
  return Object.entries(lists).flatMap(([key, texts = []]) =>
    texts.flatMap((text) => filterFault(key as keyof typeof lists, text, [type])?.message ?? []),
  );
}

function keepsLegacy(policy: string | undefined, faults: string[]): boolean {
  if (policy === undefined || policy === 'all' || policy === 'keep-both') return true;
  if (policy === 'prefer-conda') return false;
  faults.push(`format_policy is all or prefer-conda; ${policy} is not known here. Take one format out by a filter.`);
  return true;
}

function notesOf({ mirror_dir }: Values): string[] {
  return mirror_dir === undefined ? [] : ['mirror_dir does nothing here: the server keeps packages in its own store.'];
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}
