import {
  addsDependencies,
  type BrokenDependency,
  brokenDependencies,
  type DependencyLine,
  type DependencySummary,
  dependencyReport,
  dependencySummary,
  evaluateAll,
  type JudgedPart,
  type LayerDefinition,
  layerRules,
  type MetElsewhere,
  type NeededSet,
  neededFiles,
  type PartDepends,
  type ReasonCode,
  type Rest,
  type Rule,
  readNeeded,
  takesNeeded,
} from '@sluice/policy';

/** The dependencies that a mirror would include: the sums, and the first lines, what is missing before what is there. */
export interface DependencyPreview extends DependencySummary {
  items: DependencyLine[];
  total_count: number;
}

/** What a mirror would show whose dependencies its rules, and those of its channel, take out, and nothing else there has. */
export interface BrokenPreview {
  count: number;
  items: BrokenDependency[];
}

/** The most of each that a dry run lists. */
const mostLines = 500;
const mostBroken = 100;

/** Rules that take out nothing that another file depends on. */
const harmless: readonly ReasonCode[] = ['type', 'platform', 'duplicated_legacy_conda'];

/** Whether what the rules take out may be what kept files depend on, so that all parts are to be held and compared. */
export function mayBreak(definition: LayerDefinition): boolean {
  return takesNeeded(filtersOf(definition)) || layerRules(definition).some(({ code }) => !harmless.includes(code));
}

/** The rules of a layer with what comes along, over parts that are held. */
export async function rulesOver(
  definition: LayerDefinition,
  parts: readonly PartDepends[],
): Promise<{ rules: readonly Rule[]; needed: NeededSet }> {
  if (!takesNeeded(filtersOf(definition))) return { rules: layerRules(definition), needed: { has: () => false } };
  const needed = readNeeded(await neededFiles(definition, inOrder(parts)));
  return { rules: layerRules(definition, needed), needed };
}

export async function dependencyPreview(
  definition: LayerDefinition,
  parts: readonly PartDepends[],
  { rules, needed }: { rules: readonly Rule[]; needed: NeededSet },
  rest: Rest,
): Promise<DependencyPreview | null> {
  const filters = filtersOf(definition);
  if (!addsDependencies(filters)) return null;
  const report = await dependencyReport(judged(parts, rules), filters.only_specs ?? [], needed, rest);
  const missingFirst = [
    ...report.lines.filter(({ status }) => status === 'missing'),
    ...report.lines.filter(({ status }) => status === 'present'),
  ];
  return { ...dependencySummary(report), items: missingFirst.slice(0, mostLines), total_count: report.lines.length };
}

/**
 * @param before what decides now, where the mirror is there already: what is broken so is not named.
 */
export async function brokenPreview(
  parts: readonly PartDepends[],
  rules: readonly Rule[],
  before: LayerDefinition | undefined,
  { rest, isMetElsewhere }: { rest: Rest; isMetElsewhere: MetElsewhere },
): Promise<BrokenPreview> {
  const broken = await brokenDependencies(judged(parts, rules), 'rules', { rest, isMetElsewhere });
  if (broken.length === 0 || !before) return { count: broken.length, items: broken.slice(0, mostBroken) };
  const now = await brokenDependencies(judged(parts, (await rulesOver(before, parts)).rules), 'rules', { rest });
  const known = new Set(now.map(keyOf));
  const fresh = broken.filter((one) => !known.has(keyOf(one)));
  return { count: fresh.length, items: fresh.slice(0, mostBroken) };
}

const keyOf = ({ subdir, package: name, spec }: BrokenDependency) => `${subdir}/${name}/${spec}`;

function judged(parts: readonly PartDepends[], rules: readonly Rule[]): JudgedPart[] {
  return parts.map(({ facts, depends }) => ({ facts, depends, rules, verdicts: evaluateAll(rules, facts) }));
}

function filtersOf({ mirror }: LayerDefinition) {
  return mirror?.filters ?? {};
}

async function* inOrder<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
