import { findChannelById, findMirror, findSourceByKey, localDigests, type MirrorRow } from '@sluice/catalog';
import { pythonPart } from '@sluice/formats/package';
import {
  evaluateAll,
  explain,
  type Facts,
  hexAt,
  layerRules,
  lookedAtSubdirs,
  type MetElsewhere,
  type NeededSet,
  type Reason,
  type Rule,
  type Verdicts,
} from '@sluice/policy';
import { planLayer } from '@sluice/registry';
import { mirrorTypes } from '../definition/mirror-types.ts';
import { type MirrorDefinition, type MirrorInput, readDefinition } from '../definition/read-definition.ts';
import type { MirrorDeps } from '../deps.ts';
import { MirrorError } from '../errors.ts';
import { addNames, type FileSet, fileSet } from '../run/file-set.ts';
import { definitionIn, layerDefinition } from '../run/layer-definition.ts';
import { addDenials, noCounts, type RunCounts } from '../run/run-counts.ts';
import { keepSecrets } from '../source-address.ts';
import { addressOf, upstreamAt } from '../upstream-of.ts';
import { listSubdirs } from '../upstreams/conda/list-subdirs.ts';
import type { UpstreamDeps } from '../upstreams/upstream-deps.ts';
import { sourceKey } from '../verbs/create-mirror.ts';
import { type MirrorEdit, mergedInput, mirrorMissing } from '../verbs/edit-mirror.ts';
import {
  type BrokenPreview,
  brokenPreview,
  type DependencyPreview,
  dependencyPreview,
  mayBreak,
  rulesOver,
} from './dependencies.ts';
import { type UpstreamPart, upstreamPart } from './part-facts.ts';
import { projectsPart } from './project-facts.ts';

/**
 * What a run would do with one file.
 *
 *     fetch       an active mirror would bring it in
 *     local       kept, and its bytes are here already
 *     on_request  a passive mirror would show it, and bring it in at the first request
 *     drop        a filter takes it out: the reason says which
 */
export type FileAction = 'fetch' | 'local' | 'on_request' | 'drop';

/** The plan of a run that does not happen. */
export interface DryRun {
  /** As the run would count. */
  count: RunCounts;
  /** What an active mirror would bring in; `bytes` of those whose size is known. */
  to_fetch: { files: number; bytes: number };
  parts: PlannedPart[];
  /** What comes along since the mirror includes dependencies, and what came of each spec; null when it does not. */
  dependencies: DependencyPreview | null;
  /** What would be shown without what it depends on, and is not so now. */
  broken_dependencies: BrokenPreview;
  /** One page of the files, in the order of subdirs and indexes; noarch last where only a part of it comes along. */
  items: { subdir: string; file: string; size: number | null; action: FileAction; reason: Reason | null }[];
  total_count: number;
}

/** One part of the source. Sizes in bytes as far as records say. */
export interface PlannedPart {
  subdir: string;
  status: 'read' | 'unchanged' | 'absent';
  total: number;
  kept: number;
  kept_bytes: number;
  /** Of these, what is kept only since something depends on it. */
  dependency_files: number;
  dependency_bytes: number;
  refused: number;
}

/** What to try: a new definition in a channel, also one that is not made yet, or a mirror with changes that are not saved. */
export type DryRunWish =
  | { channelId: number; input: MirrorInput }
  | { newChannel: true; input: MirrorInput }
  | { mirrorId: string; edit?: MirrorEdit };

const portion = 5000;

/** Other requests come in between. */
const rest = () => new Promise<void>((resolve) => setImmediate(resolve));

/** What a dry run works with. `metBeside`: which specs the channel's other layers satisfy; nothing when left out. */
export interface DryRunDeps extends MirrorDeps {
  metBeside?: (
    channelId: number,
    mirrorId: string | undefined,
    subdir: string,
    specs: readonly string[],
  ) => Promise<ReadonlySet<string>>;
}

/**
 * Plan a run and change nothing: ask the upstream, judge every file, count, and list one page of decisions.
 *
 * Holds the facts of one subdir at a time, and of all together with what their files depend on where rules may take out what others
 * depend on. At 700,000 files it takes as long as reading the index does, and then a little longer than that again.
 *
 * @throws {MirrorError} what {@link readDefinition} and reading the upstream throw; `mirror_missing`, `channel_missing`.
 */
export async function dryRun(
  deps: DryRunDeps,
  wish: DryRunWish,
  page: { limit: number; offset: number },
  signal?: AbortSignal,
): Promise<DryRun> {
  const { definition, channelId, mirror } = await resolved(deps, wish);
  const channel = 'newChannel' in wish ? emptyChannel(definition) : await findChannelById(deps.db, channelId ?? 0);
  if (!channel) throw new MirrorError('channel_missing', 'The channel is not there any more.');
  const layer = await definitionIn(deps, channel, definition);
  const upstream: UpstreamDeps = { ...upstreamAt(deps, definition.address), signal };
  const source = await findSourceByKey(deps.db, sourceKey(deps, definition.type, definition.address));
  const run = { deps, mode: definition.mode, page, shown: mirror && mirror.at_rev > 0 ? fileSet() : undefined };
  const plan: DryRun = {
    count: noCounts(),
    to_fetch: { files: 0, bytes: 0 },
    parts: [],
    dependencies: null,
    broken_dependencies: { count: 0, items: [] },
    items: [],
    total_count: 0,
  };
  const add = async (part: UpstreamPart, rules: readonly Rule[], needed?: NeededSet) => {
    const { status, facts, refused } = part;
    const size = await planPart({ ...run, rules, needed }, facts, plan);
    plan.count.total += facts.count + refused;
    plan.count.failed += refused;
    plan.parts.push({ subdir: facts.subdir, status, total: facts.count, refused, ...size });
  };
  const read = (subdir: string) =>
    subdir === pythonPart
      ? projectsPart(deps, upstream, source, definition, layer)
      : upstreamPart(deps, upstream, source, subdir, compares);
  const { filters } = definition;
  const ofType = definition.type === 'python_simple' ? [pythonPart] : undefined;
  const named = ofType ?? (filters.trees ? lookedAtSubdirs(filters) : [...new Set(filters.subdirs)].sort());
  const compares = definition.type !== 'python_simple' && mayBreak(layer);
  async function* parts(): AsyncGenerator<UpstreamPart> {
    for (const subdir of named.length > 0 ? named : (await listSubdirs(upstream)).sort()) {
      const part = await read(subdir);
      if (part.status !== 'absent' || named.length > 0) yield part;
    }
    if (named.length === 0 || named.includes('noarch') || !lookedAtSubdirs(filters).includes('noarch')) return;
    const noarch = await read('noarch');
    if (noarch.status !== 'absent') yield noarch;
  }
  if (compares) {
    const held: UpstreamPart[] = [];
    for await (const part of parts()) held.push(part);
    const over = await rulesOver(layer, held);
    for (const part of held) await add(part, over.rules, over.needed);
    const before = mirror && (await layerDefinition(deps, mirror));
    const isMetElsewhere: MetElsewhere = async (subdir, specs) =>
      deps.metBeside && channelId !== undefined ? deps.metBeside(channelId, mirror?.id, subdir, specs) : new Set();
    plan.dependencies = await dependencyPreview(layer, held, over, rest);
    plan.broken_dependencies = await brokenPreview(held, over.rules, before, { rest, isMetElsewhere });
  } else {
    const rules = layerRules(layer);
    for await (const part of parts()) await add(part, rules);
  }
  if (mirror && run.shown) plan.count.removed = (await shownNow(deps, mirror)).missingFrom(run.shown);
  return plan;
}

/** A channel as it would be made for the mirror. */
function emptyChannel({ type }: MirrorDefinition) {
  return { types: [mirrorTypes[type].packages], filters: {} };
}

async function resolved(
  deps: MirrorDeps,
  wish: DryRunWish,
): Promise<{ definition: MirrorDefinition; channelId?: number; mirror?: MirrorRow }> {
  if ('input' in wish) {
    const definition = readDefinition(wish.input, deps.now());
    return 'channelId' in wish ? { definition, channelId: wish.channelId } : { definition };
  }
  const mirror = await findMirror(deps.db, wish.mirrorId);
  if (!mirror) throw mirrorMissing(wish.mirrorId);
  const stored = addressOf(deps, mirror);
  const definition = readDefinition(mergedInput(mirror, stored, wish.edit ?? {}), deps.now());
  return {
    definition: { ...definition, address: keepSecrets(definition.address, stored) },
    channelId: mirror.channel_id,
    mirror,
  };
}

interface Planning {
  deps: MirrorDeps;
  rules: readonly Rule[];
  needed: NeededSet | undefined;
  mode: 'active' | 'passive';
  page: { limit: number; offset: number };
  shown: FileSet | undefined;
}

type KeptSize = Pick<PlannedPart, 'kept' | 'kept_bytes' | 'dependency_files' | 'dependency_bytes'>;

/** Judge one subdir, add it to the plan. @returns how much is kept. */
async function planPart(
  { deps, rules, needed, mode, page, shown }: Planning,
  facts: Facts,
  plan: DryRun,
): Promise<KeptSize> {
  const verdicts = evaluateAll(rules, facts);
  const denied = rules.map(() => 0);
  for (const verdict of verdicts) if (verdict > 0) denied[verdict - 1]!++;
  addDenials(
    plan.count,
    rules.map(({ scope, code }, i) => ({ scope, code, count: denied[i]! })),
  );
  const size: KeptSize = { kept: 0, kept_bytes: 0, dependency_files: 0, dependency_bytes: 0 };
  for (let at = 0; at < facts.count; at += portion) {
    const end = Math.min(facts.count, at + portion);
    const local = await localRows(deps, facts, verdicts, at, end);
    for (let i = at; i < end; i++) {
      const action = actionOf(verdicts[i]!, local.has(i), mode);
      if (action !== 'drop') {
        const bytes = sizeOf(facts, i) ?? 0;
        size.kept++;
        size.kept_bytes += bytes;
        if (needed?.has(facts.subdir, facts.file(i))) {
          size.dependency_files++;
          size.dependency_bytes += bytes;
        }
        shown?.add(facts.subdir, facts.file(i));
      }
      if (action === 'fetch') {
        plan.to_fetch.files++;
        plan.to_fetch.bytes += sizeOf(facts, i) ?? 0;
      }
      const place = plan.total_count++;
      if (place < page.offset || plan.items.length >= page.limit) continue;
      const reason = action === 'drop' ? explain(rules, facts, i, verdicts[i]!) : null;
      plan.items.push({ subdir: facts.subdir, file: facts.file(i), size: sizeOf(facts, i), action, reason });
    }
  }
  plan.count[mode] += size.kept;
  return size;
}

function actionOf(verdict: number, local: boolean, mode: 'active' | 'passive'): FileAction {
  if (verdict > 0) return 'drop';
  if (local) return 'local';
  return mode === 'active' ? 'fetch' : 'on_request';
}

async function localRows(
  deps: MirrorDeps,
  facts: Facts,
  verdicts: Verdicts,
  from: number,
  to: number,
): Promise<Set<number>> {
  const rows = new Map<string, number[]>();
  for (let i = from; i < to; i++) {
    if (verdicts[i] !== 0) continue;
    const hex = hexAt(facts.digests, 'sha256', i);
    if (hex !== undefined) rows.set(hex, [...(rows.get(hex) ?? []), i]);
  }
  const local = await localDigests(
    deps.db,
    [...rows.keys()].map((hex) => Buffer.from(hex, 'hex')),
  );
  return new Set([...local].flatMap((hex) => rows.get(hex) ?? []));
}

function sizeOf(facts: Facts, i: number): number | null {
  return Number.isNaN(facts.size[i]!) ? null : facts.size[i]!;
}

async function shownNow(deps: MirrorDeps, mirror: MirrorRow): Promise<FileSet> {
  const set = fileSet();
  const definition = await layerDefinition(deps, mirror);
  for await (const part of planLayer(deps, { sourceId: mirror.shown_source_id, revision: mirror.at_rev, definition })) {
    addNames(set, part);
  }
  return set;
}
