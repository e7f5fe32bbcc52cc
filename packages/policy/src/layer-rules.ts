import { cranPart, type PackageType } from '@sluice/formats/package';
import { addsDependencies, type ChannelFilters, type MirrorFilters } from './filters.ts';
import type { NeededSet } from './needed/needed-set.ts';
import type { Rule } from './rule.ts';
import { cveScoreRule, uncuratedRule } from './rules/cve.ts';
import { dateRule } from './rules/date.ts';
import { excludeSpecsRule } from './rules/exclude-specs.ts';
import { latestVersionsRule } from './rules/latest-versions.ts';
import { legacyRule } from './rules/legacy.ts';
import { licenceRule } from './rules/licence.ts';
import { onlySpecsRule } from './rules/only-specs.ts';
import { platformRule } from './rules/platform.ts';
import { projectsRule } from './rules/projects.ts';
import { pythonVersionsRule } from './rules/python-versions.ts';
import { reservedRule } from './rules/reserved.ts';
import { signatureRule } from './rules/signature.ts';
import { typeRule } from './rules/type.ts';
import { wheelPlatformRule } from './rules/wheel-platform.ts';

/** What decides over one layer of a channel: the channel's own settings and, for a mirror, the mirror's. */
export interface LayerDefinition {
  types: readonly PackageType[];
  channel: ChannelFilters;
  /** `reserved`: patterns of the names that it must not bring in. */
  mirror?: { filters: MirrorFilters; keepLegacy: boolean; reserved?: readonly string[] };
}

/** The rules compiled last, by their definition. */
const compiled = new Map<string, readonly Rule[]>();
const mostCompiled = 50;

/**
 * The rules of one layer in the order of design.md §7 no. 3, each answering only what the ones before let pass. They are good
 * for any facts. One definition mostly has one list: what it says of facts can be remembered, see `verdictsOn`.
 *
 * @param needed the files that come along, where `takesNeeded`; without them none does.
 * @throws {FormatError | PolicyError} when a spec, licence or day cannot be read.
 */
export function layerRules(definition: LayerDefinition, needed?: NeededSet): readonly Rule[] {
  if (needed) return compile(definition, needed);
  const key = JSON.stringify(definition);
  const known = compiled.get(key);
  const rules = known ?? compile(definition);
  // What was asked for last stands last.
  compiled.delete(key);
  compiled.set(key, rules);
  if (compiled.size > mostCompiled) compiled.delete(compiled.keys().next().value!);
  return rules;
}

function compile({ types, channel, mirror }: LayerDefinition, needed?: NeededSet): Rule[] {
  const rules: Rule[] = [typeRule(types)];
  if (mirror?.reserved?.length) rules.push(reservedRule(mirror.reserved));
  const filters = mirror?.filters ?? {};
  if (filters.projects?.length) rules.push(projectsRule(filters.projects, filters.dependencies));
  if (filters.platforms?.length) rules.push(wheelPlatformRule(filters.platforms));
  if (filters.python_versions?.length) rules.push(pythonVersionsRule(filters.python_versions));
  if (filters.trees?.length) rules.push(platformRule(filters.trees.map(cranPart)));
  if (filters.subdirs?.length) rules.push(platformRule(filters.subdirs, needed));
  rules.push(...licenceAndSpecRules('channel', channel));
  if (filters.date_from || filters.date_to) rules.push(dateRule(filters.date_from, filters.date_to));
  if (filters.only_signed) rules.push(signatureRule());
  if (filters.cve_score_threshold !== undefined) rules.push(cveScoreRule(filters.cve_score_threshold));
  if (filters.exclude_non_curated_cve) rules.push(uncuratedRule());
  if (filters.only_specs?.length)
    rules.push(onlySpecsRule(filters.only_specs, addsDependencies(filters) ? needed : undefined));
  rules.push(...licenceAndSpecRules('mirror', filters));
  if (filters.latest_versions) rules.push(latestVersionsRule(filters.latest_versions));
  if (mirror && !mirror.keepLegacy) rules.push(legacyRule());
  return rules;
}

function licenceAndSpecRules(scope: 'channel' | 'mirror', filters: ChannelFilters): Rule[] {
  const include = filters.include_specs ?? [];
  const rules: Rule[] = [];
  if (filters.include_licenses?.length || filters.exclude_licenses?.length) {
    rules.push(licenceRule(scope, filters.include_licenses ?? [], filters.exclude_licenses ?? [], include));
  }
  if (filters.exclude_specs?.length) rules.push(excludeSpecsRule(scope, filters.exclude_specs, include));
  return rules;
}
