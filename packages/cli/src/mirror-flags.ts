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
  timeZone?: string;
  proxy?: string;
  keepLegacy?: boolean;
  internal?: boolean;
  subdirs?: string[];
  trees?: string[];
  projects?: string[];
  includeDependencies?: string[];
  platforms?: string[];
  pythonVersions?: string[];
  latestVersions?: number;
  licenses?: string[];
  onlySpec?: string[];
  excludeSpec?: string[];
  includeSpec?: string[];
  dateFrom?: string;
  dateTo?: string;
  cveScore?: number;
  excludeUncuratedCvePackages?: boolean;
  onlySigned?: boolean;
}

/**
 * The options of {@link MirrorFlags}. A filter that the server does not know yet is sent all the same, so that it is
 * refused and not passed over.
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
  new Option('--time-zone <name>', 'of the schedule, such as Europe/Berlin'),
  new Option('--proxy <url>', 'http://[user:password@]host[:port]'),
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
  commaListOption('--include-dependencies <list>', 'Python: and what they depend on, for linux-64:3.12,win-64:3.13'),
  commaListOption('--platforms <list>', 'Python: wheels for these platforms, linux-64,osx-arm64'),
  commaListOption('--python-versions <list>', 'Python: wheels for these versions, 3.12,3.13'),
  new Option('--latest-versions <count>', 'Python: so many of the newest versions of a project').argParser(parseCount),
  new Option('--cve-score <score>', 'highest score').argParser(parseScore).hideHelp(),
  switchOption('--exclude-uncurated-cve-packages [yes]', 'leave out what has uncurated advisories').hideHelp(),
  switchOption('--only-signed [yes]', 'leave out what is not signed').hideHelp(),
];

/** The options that run a mirror along with a change. */
export const runOptions: readonly Option[] = [
  new Option('--run-now', 'run it at once'),
  new Option('--wait', 'run it at once, and wait for the end'),
];

/** The fields of a mirror that the flags set; an empty text or list takes a filter away. */
export function mirrorFields(flags: MirrorFlags): Schemas['EditMirrorInput'] {
  const { source, mode, type, cron, timeZone, proxy, keepLegacy, internal } = flags;
  const filters = filterFields(flags);
  return set({
    source_root: source,
    mirror_mode: mode,
    mirror_type: type,
    cron,
    time_zone: timeZone,
    proxy: emptyIsNull(proxy),
    keep_legacy: keepLegacy,
    internal,
    filters: Object.keys(filters).length === 0 ? undefined : filters,
  });
}

function filterFields(flags: MirrorFlags): Filters {
  return set({
    subdirs: flags.subdirs,
    trees: flags.trees,
    projects: flags.projects,
    include_dependencies: flags.includeDependencies,
    platforms: flags.platforms,
    python_versions: flags.pythonVersions,
    latest_versions: flags.latestVersions,
    only_specs: flags.onlySpec,
    exclude_specs: flags.excludeSpec,
    include_specs: flags.includeSpec,
    ...(flags.licenses === undefined ? {} : readLicences(flags.licenses)),
    date_from: emptyIsNull(flags.dateFrom),
    date_to: emptyIsNull(flags.dateTo),
    cve_score_threshold: flags.cveScore,
    exclude_non_curated_cve: flags.excludeUncuratedCvePackages,
    only_signed: flags.onlySigned,
  });
}

type Set<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The object without what is undefined: the API tells that from what is left out. */
function set<T extends object>(fields: T): Set<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Set<T>;
}

function emptyIsNull(text: string | undefined): string | null | undefined {
  return text === '' ? null : text;
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

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('Give a count, 1 or more.');
  return Number(text);
}

function parseScore(text: string): number {
  const score = Number(text);
  if (text.trim() === '' || Number.isNaN(score)) throw new InvalidArgumentError('Give a number, such as 7.5.');
  return score;
}
