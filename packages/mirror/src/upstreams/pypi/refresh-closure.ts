import {
  findSourceName,
  liveRecordsBetween,
  type Part,
  type RecordVersion,
  setDependencies,
  sourceRevision,
} from '@sluice/catalog';
import { fileRange, pythonPart } from '@sluice/formats/package';
import { markerHolds, readRequirement } from '@sluice/formats/pypi';
import {
  addRecords,
  dependencyEnvironments,
  evaluateAll,
  factsBuilder,
  layerRules,
  type Rule,
  readEnvironment,
} from '@sluice/policy';
import { MirrorError } from '../../errors.ts';
import { layerDefinition } from '../../run/layer-definition.ts';
import { commit, type RunContext, reporter, type StageEnd, save } from '../../run/run-context.ts';
import { absentProjects } from './index-errors.ts';
import { refreshName } from './refresh-name.ts';

/** Pages asked for at once. */
const workers = 16;
/** Beyond any application. */
const mostProjects = 5000;

/** A project that is needed, with which of its extras; the empty one is the project itself. */
type Needed = Map<string, Set<string>>;

/**
 * First stage of a run of a mirror of some projects and what they depend on in its environments: the pages of these, then of
 * what their shown releases require, and so on. What was found to come along is noted with the mirror, whose rules let it
 * through. A later slice begins anew, and asks for no page that this run has asked for.
 *
 * @throws {MirrorError} `upstream_missing` when a project that was named is not there; `index_too_large`; what asking throws.
 */
export async function refreshClosure(context: RunContext, part: Part): Promise<StageEnd> {
  const { mirror, lease } = context;
  const { projects = [] } = mirror.filters;
  const requirements = await requirementsReader(context, part);
  const report = reporter(context);
  const needed: Needed = new Map(projects.map((name) => [name, new Set([''])]));
  const missing: string[] = [];
  let wave: readonly string[] = projects;
  let asked = 0;
  while (wave.length > 0) {
    const found: Needed = new Map();
    for (let at = 0; at < wave.length; at += workers) {
      if (!context.hasTime()) return 'yield';
      const some = wave.slice(at, at + workers);
      const ends = await Promise.all(some.map((name) => refreshOnce(context, part, name)));
      missing.push(...some.filter((name, i) => ends[i] && projects.includes(name)));
      for (const name of some)
        for (const [other, extras] of await requirements(name, needed.get(name)!)) add(found, other, extras);
      asked += some.length;
      report({ step_done: asked, step_total: needed.size });
      lease.signal.throwIfAborted();
    }
    wave = [...found].flatMap(([name, extras]) => (add(needed, name, extras) ? name : []));
    if (needed.size > mostProjects) throw tooMany();
  }
  if (missing.length > 0) throw absentProjects(mirror.source_url, missing);
  const dependencies = [...needed.keys()].filter((name) => !projects.includes(name)).sort();
  await commit(context, async (trx) => {
    await setDependencies(trx, mirror.id, dependencies);
    const revision = await sourceRevision(trx, mirror.source_id);
    await save(context, { stage: 'plan', revision, last_key: null }, trx);
  });
  mirror.filters = { ...mirror.filters, dependencies };
  return 'next';
}

/** @returns whether anything was added. */
function add(to: Needed, name: string, extras: Iterable<string>): boolean {
  const known = to.get(name) ?? new Set();
  const before = known.size;
  for (const extra of extras) known.add(extra);
  to.set(name, known);
  return known.size > before;
}

/** Bring a project up to date, once a run. @returns whether the upstream does not have it. */
async function refreshOnce({ deps, run, upstream, lease }: RunContext, part: Part, name: string): Promise<boolean> {
  const known = await findSourceName(deps.db, { ...part, name });
  const isNew = known && known.checked_at >= (run.started_at ?? run.created_at);
  if (isNew && (known.absent || known.meta.metadata === true)) return known.absent;
  return (await refreshName(deps, upstream, { part, name, known, withMetadata: true, guard: lease.guard })).absent;
}

/** What the releases of a project that the mirror lets through require, in any of its environments. */
async function requirementsReader({ deps, mirror }: RunContext, part: Part) {
  const definition = await layerDefinition(deps, mirror);
  const { projects: _, ...filters } = mirror.filters;
  const rules = layerRules({ ...definition, mirror: { ...definition.mirror!, filters } });
  const environments = dependencyEnvironments(mirror.filters).map(readEnvironment);
  return async (name: string, extras: ReadonlySet<string>): Promise<Needed> => {
    const needed: Needed = new Map();
    const live = await liveRecordsBetween(deps.db, part, fileRange('python', name));
    for (const text of requiredTexts(live, rules)) {
      const required = readRequirement(text);
      if (!required || required.url !== undefined) continue;
      const { marker } = required;
      const holds = [...extras].some((extra) =>
        environments.some((environment) => !marker || markerHolds(marker, environment(extra))),
      );
      if (holds) add(needed, required.name, ['', ...required.extras]);
    }
    return needed;
  };
}

function requiredTexts(live: readonly RecordVersion[], rules: readonly Rule[]): Set<string> {
  const builder = factsBuilder(pythonPart);
  addRecords(builder, live);
  const verdicts = evaluateAll(rules, builder.build());
  const texts = new Set<string>();
  live.forEach(({ extra }, i) => {
    if (verdicts[i] !== 0 || extra === null) return;
    const { requires_dist: required = [] } = JSON.parse(Buffer.from(extra).toString()) as { requires_dist?: string[] };
    for (const text of required) texts.add(text);
  });
  return texts;
}

function tooMany(): MirrorError {
  return new MirrorError(
    'index_too_large',
    `The projects need more than ${mostProjects} others: name fewer, or limit their versions with latest_versions.`,
    { wanted: `at most ${mostProjects} projects`, found: 'more' },
  );
}
