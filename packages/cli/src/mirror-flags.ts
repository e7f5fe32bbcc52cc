import { readFileSync } from 'node:fs';
import type { Schemas } from '@sluice/api-client';
import { InvalidArgumentError, Option } from 'commander';
import { readLicences } from './licence-list.ts';
import { commaListOption, repeatedOption } from './list-option.ts';

type Filters = NonNullable<Schemas['EditMirrorInput']['filters']>;

/** What can be said of a mirror on the command line, but for its name, source and mode. */
export interface MirrorFlags {
  source?: string;
  mode?: 'active' | 'passive';
  type?: string;
  cron?: string;
  frequency?: string;
  timeZone?: string;
  proxy?: string;
  /** `user` or `user:password`; empty for none. */
  sourceUser?: string;
  /** Empty for none. */
  sourceToken?: string;
  /** PEM text; empty for none. */
  ca?: string;
  /** Empty for the installation's. */
  concurrency?: number | '';
  bytesPerSecond?: number | '';
  keepRemoved?: boolean;
  /** Empty for ever. */
  graceDays?: number | '';
  keepLegacy?: boolean;
  internal?: boolean;
  subdirs?: string[];
  trees?: string[];
  projects?: string[];
  includeDependencies?: string[] | boolean;
  platforms?: string[];
  pythonVersions?: string[];
  latestVersions?: number | '';
  licenses?: string[];
  onlySpec?: string[];
  excludeSpec?: string[];
  includeSpec?: string[];
  dateFrom?: string;
  dateTo?: string;
  cveScore?: number | '';
  excludeUncuratedCvePackages?: boolean;
  onlySigned?: boolean;
}

/**
 * The options of {@link MirrorFlags}; what they mean is for the server to judge.
 *
 * @see product.md 14.2
 */
export const mirrorOptions: readonly Option[] = [
  new Option('-s, --source <url>', 'where from: http(s)://…, file:///… or a folder of the server'),
  new Option('--mode <mode>', 'active: fetch everything now; passive: at the first request').choices([
    'active',
    'passive',
  ]),
  new Option('--type <type>', 'conda, python_simple or CRAN'),
  new Option('--cron <fields>', 'when it runs, five fields'),
  new Option('--frequency <name>', 'when it runs')
    .choices(['hourly', 'daily', 'weekly', 'monthly', 'yearly'])
    .conflicts('cron'),
  new Option('--time-zone <name>', 'of the schedule, such as Europe/Berlin'),
  new Option('--proxy <url>', 'http://[user:password@]host[:port]'),
  new Option('--source-user <user[:password]>', 'who asks the source'),
  new Option('--source-token <token>', 'what the source is asked with, as Bearer').conflicts('sourceUser'),
  new Option('--ca <file>', 'PEM certificates to trust for this source').argParser(readPem),
  countOption('--concurrency <files>', 'the most files to fetch at once'),
  countOption('--bytes-per-second <count>', 'the most to fetch a second: 500k, 2M'),
  switchOption('--keep-removed [yes]', 'keep showing what the source lists no more'),
  countOption('--grace-days <days>', "for so many days; '' for ever"),
  switchOption('--keep-legacy [yes]', 'keep a .tar.bz2 also when its .conda is kept'),
  switchOption('--internal [yes]', 'a source of our own, from which reserved names may come (administrators)'),
  commaListOption('--subdirs <list>', 'only these platforms: linux-64,noarch'),
  repeatedOption('--only-spec <spec>', 'keep only what matches'),
  repeatedOption('--exclude-spec <spec>', 'leave out what matches'),
  repeatedOption('--include-spec <spec>', 're-add what exclude-spec or a licence took out'),
  commaListOption('--licenses <list>', '-gpl3 leaves out, mit keeps only'),
  new Option('--date-from <day>', 'first day of building, 2026-01-31'),
  new Option('--date-to <day>', 'last day of building'),
  commaListOption('--trees <list>', 'R: these trees, src/contrib,bin/windows/contrib/4.5'),
  commaListOption('--projects <list>', 'Python: only these projects'),
  new Option(
    '--include-dependencies [list]',
    'and what they depend on; Python: for linux-64:3.12,win-64:3.13',
  ).argParser(readDependencies),
  commaListOption('--platforms <list>', 'Python: wheels for these platforms, linux-64,osx-arm64'),
  commaListOption('--python-versions <list>', 'what is built for these versions of Python, 3.12,3.13'),
  countOption('--latest-versions <count>', 'Python: so many of the newest versions of a project'),
  switchOption('--only-signed [yes]', 'leave out what nobody signed'),
  new Option('--cve-score <score>', 'leave out findings above it, 0.0 to 10.0 (there are none yet)').argParser(
    parseScore,
  ),
  switchOption('--exclude-uncurated-cve-packages [yes]', 'leave out findings that no curator saw (there are none yet)'),
];

/** The options that run a mirror along with a change. */
export const runOptions: readonly Option[] = [
  new Option('--run-now', 'run it at once'),
  new Option('--wait', 'run it at once, and wait for the end'),
];

/** The fields of a mirror that the flags set; an empty text or list takes a filter away. */
export function mirrorFields(flags: MirrorFlags): Schemas['EditMirrorInput'] {
  const { source, mode, type, cron, frequency, timeZone, proxy, ca, keepLegacy, keepRemoved, internal } = flags;
  const limits = set({
    concurrency: emptyIsNull(flags.concurrency),
    bytes_per_second: emptyIsNull(flags.bytesPerSecond),
  });
  const filters = filterFields(flags);
  return set({
    source_root: source,
    mirror_mode: mode,
    mirror_type: type,
    cron: cron ?? frequency,
    time_zone: timeZone,
    proxy: emptyIsNull(proxy),
    credentials: credentialsOf(flags),
    ca: emptyIsNull(ca),
    limits: Object.keys(limits).length === 0 ? undefined : limits,
    keep_removed: keepRemoved,
    grace_days: emptyIsNull(flags.graceDays),
    keep_legacy: keepLegacy,
    internal,
    filters: Object.keys(filters).length === 0 ? undefined : filters,
  });
}

function credentialsOf({ sourceUser, sourceToken }: MirrorFlags): Schemas['EditMirrorInput']['credentials'] {
  if (sourceUser === '' || sourceToken === '') return null;
  if (sourceToken !== undefined) return { token: sourceToken };
  if (sourceUser === undefined) return undefined;
  const [username = '', password] = sourceUser.split(/:(.*)/s);
  return { username, ...(password !== undefined && { password }) };
}

function filterFields(flags: MirrorFlags): Filters {
  return set({
    subdirs: flags.subdirs,
    trees: flags.trees,
    projects: flags.projects,
    include_dependencies: flags.includeDependencies,
    platforms: flags.platforms,
    python_versions: flags.pythonVersions,
    latest_versions: emptyIsNull(flags.latestVersions),
    only_specs: flags.onlySpec,
    exclude_specs: flags.excludeSpec,
    include_specs: flags.includeSpec,
    ...(flags.licenses === undefined ? {} : readLicences(flags.licenses)),
    date_from: emptyIsNull(flags.dateFrom),
    date_to: emptyIsNull(flags.dateTo),
    cve_score_threshold: emptyIsNull(flags.cveScore),
    exclude_non_curated_cve: flags.excludeUncuratedCvePackages,
    only_signed: flags.onlySigned,
  });
}

type Set<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The object without what is undefined: the API tells that from what is left out. */
function set<T extends object>(fields: T): Set<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Set<T>;
}

function emptyIsNull<T extends string | number>(value: T | undefined): Exclude<T, ''> | null | undefined {
  return value === '' ? null : (value as Exclude<T, ''> | undefined);
}

/** On without a value, as the older tools had it; or yes or no. */
function switchOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text: string) => {
    const said = text.toLowerCase();
    if (['yes', 'true', '1', 'on'].includes(said)) return true;
    if (['no', 'false', '0', 'off'].includes(said)) return false;
    throw new InvalidArgumentError('Give yes or no.');
  });
}

/** A count, also with k, M or G behind it for thousands; an empty text lifts it. */
function countOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text: string) => {
    if (text.trim() === '') return '';
    const [, digits, unit = ''] = /^([1-9]\d{0,11})([kMG]?)$/.exec(text.trim()) ?? [];
    if (digits === undefined) throw new InvalidArgumentError('Give a count, 1 or more.');
    return Number(digits) * 1000 ** ['', 'k', 'M', 'G'].indexOf(unit);
  });
}

/** Of Python environments, of conda yes or no. */
function readDependencies(text: string): string[] | boolean {
  const said = text.trim().toLowerCase();
  if (['yes', 'true'].includes(said)) return true;
  if (['no', 'false'].includes(said)) return false;
  return text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
}

function readPem(path: string): string {
  if (path === '') return '';
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new InvalidArgumentError('There is no file there that can be read.');
  }
}

function parseScore(text: string): number | '' {
  if (text === '') return '';
  const score = Number(text);
  if (text.trim() === '' || Number.isNaN(score)) throw new InvalidArgumentError('Give a number, such as 7.5.');
  return score;
}
