import {
  deleteRunItems,
  insertRunItems,
  lastCompletedRun,
  noteRefusals,
  type RunItemRow,
  stageAfter,
  stepOf,
} from '@sluice/catalog';
import { type LayerDefinition, lookedAtSubdirs } from '@sluice/policy';
import { type PlannedFile, planLayer } from '@sluice/registry';
import { addNames, type FileSet, fileSet } from './file-set.ts';
import { keptLocal } from './kept-local.ts';
import { layerDefinition } from './layer-definition.ts';
import { commit, handFactsOn, type RunContext, type StageEnd, save } from './run-context.ts';
import { addDenials, countsOf, noCounts, type RunCounts } from './run-counts.ts';
import { shownBefore } from './shown-before.ts';

const portion = 5000;

/**
 * Second stage: judge everything the source holds at the run's revision, count it, and, for an active mirror, note the
 * files whose bytes are not here yet. Begins anew when it was interrupted.
 *
 * A passive mirror whose source, rules and definition are what they were at its last completed run is not judged again.
 */
export async function planRun(context: RunContext): Promise<StageEnd> {
  const { deps, mirror, run } = context;
  const revision = run.revision!;
  await save(context, {
    step: stepOf('plan', mirror.mode, run.steps),
    step_text: 'Judging every file',
    step_done: 0,
    step_total: 0,
  });
  const definition = await layerDefinition(deps, mirror);
  const planKey = JSON.stringify(definition);
  const previous = await lastCompletedRun(deps.db, mirror.id);
  const same = previous?.revision === revision && previous.plan_key === planKey;
  await commit(context, (trx) => deleteRunItems(trx, run.id));
  // Counted as failed, each with its reason.
  const refused = await commit(context, (trx) =>
    noteRefusals(trx, run.id, mirror.source_id, lookedAtSubdirs(mirror.filters)),
  );
  if (same && mirror.mode === 'passive') {
    const last = countsOf(previous.counts);
    const counts = { ...last, total: last.total - last.failed + refused, failed: refused, removed: 0 };
    await commit(context, (trx) => save(context, { plan_key: planKey, counts }, trx));
    return 'all_in';
  }
  const compare = same ? undefined : await shownBefore(context);
  const counts = noCounts();
  const missing = await planParts(context, {
    revision,
    definition,
    counts,
    shown: compare && fileSet(),
    before: compare,
  });
  counts.total += refused;
  counts.failed = refused;
  const stage = stageAfter('plan', missing);
  // Fetching takes longer than to read them back.
  if (stage === 'download') context.facts = undefined;
  else await handFactsOn(context);
  const planned = { plan_key: planKey, counts: { ...counts }, last_key: null };
  await commit(context, (trx) => save(context, { ...planned, ...(stage === 'download' && { stage }) }, trx));
  return stage === 'download' ? 'next' : 'all_in';
}

interface Planning {
  revision: number;
  definition: LayerDefinition;
  counts: RunCounts;
  /** Files shown now and files shown by the run before; both or none. */
  shown: FileSet | undefined;
  before: FileSet | undefined;
}

/** @returns how many files are to be fetched. */
async function planParts(
  context: RunContext,
  { revision, definition, counts, shown, before }: Planning,
): Promise<number> {
  const { deps, mirror } = context;
  const active = mirror.mode === 'active';
  let missing = 0;
  for await (const part of planLayer(deps, { sourceId: mirror.source_id, revision, definition })) {
    context.lease.signal.throwIfAborted();
    counts.total += part.total;
    addDenials(counts, part.denials);
    let local = 0;
    let batch: PlannedFile[] = [];
    if (shown) addNames(shown, part);
    for (const file of active ? part.files() : []) {
      batch.push(file);
      if (batch.length < portion) continue;
      local += await noteMissing(context, batch);
      batch = [];
    }
    if (batch.length > 0) local += await noteMissing(context, batch);
    if (active) {
      counts.active += local;
      missing += part.kept - local;
    } else counts.passive += part.kept;
  }
  if (shown && before) counts.removed = before.missingFrom(shown);
  return missing;
}

/** Note the files of a batch whose bytes are not here. @returns how many are here. */
async function noteMissing(context: RunContext, files: readonly PlannedFile[]): Promise<number> {
  const digests = files.flatMap((file) => (file.sha256 ? [Buffer.from(file.sha256)] : []));
  context.lease.signal.throwIfAborted();
  const local = await keptLocal(context.deps.db, digests);
  const missing = files.filter((file) => !file.sha256 || !local.has(Buffer.from(file.sha256).toString('hex')));
  if (missing.length > 0) await commit(context, (trx) => insertRunItems(trx, context.run.id, missing.map(itemOf)));
  return files.length - missing.length;
}

function itemOf(file: PlannedFile): RunItemRow {
  return {
    subdir: file.subdir,
    file: file.file,
    from_rev: file.fromRev,
    sha256: file.sha256 ?? null,
    md5: file.md5 ?? null,
    size: file.size ?? null,
  };
}
