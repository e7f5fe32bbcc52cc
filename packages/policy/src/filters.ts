import { cranPart } from '@sluice/formats/package';
import type { ReasonCode } from './decision.ts';

/** Filters of a channel: they hold for every layer of it. Wire names of product.md MI-03. */
export interface ChannelFilters {
  include_licenses?: string[];
  exclude_licenses?: string[];
  exclude_specs?: string[];
  include_specs?: string[];
}

/** Filters of one mirror. Dates are `YYYY-MM-DD`, both ends included, UTC. */
export interface MirrorFilters extends ChannelFilters {
  subdirs?: string[];
  /** Of R: the trees that come in, such as `bin/windows/contrib/4.5`. */
  trees?: string[];
  only_specs?: string[];
  date_from?: string;
  date_to?: string;
  /** Of Python: normalised names of projects; nothing else comes in. */
  projects?: string[];
  /**
   * Of Python: environments such as `linux-64:3.12` for which what the projects depend on comes along. Of conda and R `true`: what the
   * files that `only_specs` keeps depend on comes along.
   */
  include_dependencies?: string[] | true;
  /** Of Python: what comes along so, as the last run found it. Nobody writes it by hand. */
  dependencies?: string[];
  /** Of Python: platforms of wheels, in conda's words. */
  platforms?: string[];
  /** Of Python: minor versions such as `3.12`. */
  python_versions?: string[];
  /** Of Python: how many of a project's newest versions come in. */
  latest_versions?: number;
  /** The highest score an advisory may have that a file is found to be hit by, 0.0 to 10.0. */
  cve_score_threshold?: number;
  /** Leave out what is hit by an advisory that no curator has looked at. */
  exclude_non_curated_cve?: true;
  /** Leave out what nobody signed. */
  only_signed?: true;
}

/** Of Python: the environments for which what the projects depend on comes along. */
export function dependencyEnvironments({ include_dependencies }: MirrorFilters): readonly string[] {
  return Array.isArray(include_dependencies) ? include_dependencies : [];
}

/** Whether files come along with what a mirror chooses: of conda and R what it depends on. */
export function takesNeeded(filters: MirrorFilters): boolean {
  return withoutNoarch(filters) || addsDependencies(filters);
}

/** The rules that do not hold for what is needed of a part; none where nothing comes along. */
export function liftedByNeed(filters: MirrorFilters, part: string): readonly ReasonCode[] {
  const lifted: ReasonCode[] = [];
  if (part === 'noarch' && withoutNoarch(filters)) lifted.push('platform');
  if (addsDependencies(filters)) lifted.push('only_specs');
  return lifted;
}

/** A mirror that names platforms without noarch takes of noarch what their files depend on. */
function withoutNoarch({ subdirs = [] }: MirrorFilters): boolean {
  return subdirs.length > 0 && !subdirs.includes('noarch');
}

/** Whether what `only_specs` keeps brings its dependencies. */
export function addsDependencies({ include_dependencies, only_specs = [] }: MirrorFilters): boolean {
  return include_dependencies === true && only_specs.length > 0;
}

/** The parts of its source that a mirror looks at, in byte order: subdirs it names, and noarch with them; trees. Empty: all there are. */
export function lookedAtSubdirs({ subdirs = [], trees = [] }: MirrorFilters): string[] {
  if (trees.length > 0) return trees.map(cranPart).sort();
  return subdirs.length === 0 ? [] : [...new Set([...subdirs, 'noarch'])].sort();
}
