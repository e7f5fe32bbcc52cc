import {
  copyDigests,
  copyOut,
  countDigests,
  type Db,
  forgetOldMaintenance,
  headNumbers,
  type MaintenanceRow,
  recordEvent,
  withSession,
} from '@sluice/catalog';
import { systemSettings } from '../../settings.ts';
import type { MaintenanceDeps, Stage, Work } from '../deps.ts';
import { lookAtPacks, rewritePacks } from './collect-packs.ts';
import { condemnRest, pardonNeeded } from './condemn.ts';
import type { Collection } from './context.ts';
import { createDigestMarks, type DigestMarks } from './digest-marks.ts';
import { dropDerived, dropPublications } from './drop-publications.ts';
import { markEntries } from './mark-entries.ts';
import { markLayers, markRest, markUploads } from './mark-sources.ts';
import { removeBlobs } from './remove-blobs.ts';
import { type CollectReport, emptyReport } from './report.ts';
import { sweepFiles } from './sweep-files.ts';

const hourMs = 60 * 60 * 1000;
/** However short somebody sets it: publications take minutes, and doors remember for seconds. */
const leastGraceHours = 1;
const keptReports = 50;

const stages = {
  publications: dropPublications,
  derived: dropDerived,
  heads: noteHeads,
  entries: markEntries,
  layers: markLayers,
  uploads: markUploads,
  rest: markRest,
  pardon: pardonNeeded,
  condemn: condemnRest,
  remove: removeBlobs,
  files: sweepFiles,
  packs: lookAtPacks,
  rewrite: rewritePacks,
};

/** Take up a collection where it is: at its begin, or after some slices of it, with the marks made so far. */
export async function openCollection(deps: MaintenanceDeps, run: MaintenanceRow, bits?: Uint8Array): Promise<Work> {
  const dryRun = run.options.dry_run === true;
  const { collect_grace_hours } = await systemSettings(deps.db);
  const grace = Math.max(leastGraceHours, collect_grace_hours);
  const begun = run.report as Partial<State>;
  const report: State =
    begun.as_of === undefined
      ? { ...emptyReport(dryRun, deps.now(), grace), heads: {}, sparse: [], looked_at: -1 }
      : (begun as State);
  const asOf = new Date(report.as_of);
  const due = new Date(asOf.getTime() - report.grace_hours * hourMs);
  let marks: DigestMarks | undefined;
  const collection: Collection = {
    deps,
    report,
    dryRun,
    asOf,
    due,
    heads: report.heads,
    sparse: report.sparse,
    marks: async () => {
      marks ??= await loadMarks(deps, report, due, bits);
      return marks;
    },
  };
  return {
    stages: Object.entries(stages).map(([name, stage]) => {
      const bound = stage as (collection: Collection, at: never) => Promise<unknown>;
      return [name, ((at) => bound(collection, at)) as Stage] as const;
    }),
    report,
    marks: () => marks?.bits,
    finish: (trx) => finish(trx, run, report, deps.now()),
  };
}

/** What is saved between slices: the report, and what the stages go by. */
type State = CollectReport & Pick<Collection, 'heads' | 'sparse'> & { looked_at: number };

/** Between the second stage and the third: what is published from here on is looked at again before anything goes. */
async function noteHeads({ deps, heads }: Collection): Promise<undefined> {
  Object.assign(heads, await headNumbers(deps.db));
  return undefined;
}

async function loadMarks(deps: MaintenanceDeps, state: State, due: Date, bits?: Uint8Array): Promise<DigestMarks> {
  const count = await countDigests(deps.db, due);
  if (state.looked_at >= 0 && state.looked_at !== count) {
    // Somebody else removed blobs: the bits would stand for others. Never the case while one collection runs at a time.
    throw new Error('The blobs have changed under the collection; begin it again.');
  }
  state.looked_at = count;
  const marks = createDigestMarks(count, bits);
  await withSession(deps.pool, async ({ client }) => {
    for await (const batch of copyOut(client, copyDigests(due))) {
      for (let i = 0; i < batch.length; i++) marks.add(batch.bytes(i, 0)!);
    }
  });
  return marks;
}

async function finish(trx: Db, run: MaintenanceRow, report: State, now: Date): Promise<void> {
  const { heads: _, sparse: __, looked_at: ___, channels: ____, ...data } = report;
  const action = report.dry_run ? 'collect_tried' : 'collect_completed';
  await recordEvent(trx, { at: now, actor: run.actor, action, subject: run.id, data });
  await forgetOldMaintenance(trx, 'collect', keptReports);
}
