import {
  type BundleScheduleRow,
  deleteBundleSchedule,
  insertBundleSchedule,
  listBundleSchedules,
  recordEvent,
} from '@sluice/catalog';
import { cronOf, nextRunAfter, scheduleFault } from '../../definition/schedule.ts';
import { MirrorError } from '../../errors.ts';
import type { BundleDeps } from '../deps.ts';
import { checkAttachments } from '../out/attach-files.ts';
import { type BundleWish, invalid, readBundleWish } from '../out/definition.ts';
import { checkOutput } from '../out/output.ts';

type ScheduleDeps = Pick<BundleDeps, 'db' | 'now' | 'newId' | 'guard' | 'bundleFolder'>;

/** A bundle to be made by the clock. */
export interface ScheduleWish {
  name: string;
  definition: Omit<BundleWish, 'state'>;
  /** Five fields, or the name of a frequency. */
  cron: string;
  time_zone: string;
}

/** Have bundles made by the clock. @throws {MirrorError} `bundle_invalid`, `bundle_schedule_taken`, as `createBundle`. */
export async function createBundleSchedule(
  deps: ScheduleDeps,
  wish: ScheduleWish,
  actor: string,
): Promise<BundleScheduleRow> {
  const { output, attachments } = readBundleWish(wish.definition);
  await checkOutput(deps, output);
  checkAttachments(attachments);
  const [now, cron] = [deps.now(), cronOf(wish.cron)];
  const fault = scheduleFault(cron, wish.time_zone, now);
  if (fault === 'time_zone') throw invalid(`There is no time zone ${wish.time_zone}.`, wish.time_zone);
  if (fault === 'cron') throw invalid(`${wish.cron} is no schedule: five fields, or daily and the like.`, wish.cron);
  return deps.db.transaction().execute(async (trx) => {
    const row = await insertBundleSchedule(trx, {
      ...{ id: deps.newId(), name: wish.name, definition: { ...wish.definition }, cron, time_zone: wish.time_zone },
      ...{ next_run_at: nextRunAfter(cron, wish.time_zone, now), created_at: now, created_by: actor },
    });
    if (!row) {
      throw new MirrorError('bundle_schedule_taken', `There is a schedule called ${wish.name} already.`, {
        found: wish.name,
      });
    }
    await note(deps, trx, actor, 'bundle_schedule_created', row);
    return row;
  });
}

/** All of them, by name. */
export function bundleSchedules({ db }: Pick<BundleDeps, 'db'>): Promise<BundleScheduleRow[]> {
  return listBundleSchedules(db);
}

/** Make no more bundles by that schedule; those that were made stay. @throws {MirrorError} `bundle_schedule_missing`. */
export async function removeBundleSchedule(
  deps: Pick<BundleDeps, 'db' | 'now'>,
  id: string,
  actor: string,
): Promise<void> {
  await deps.db.transaction().execute(async (trx) => {
    const row = await deleteBundleSchedule(trx, id);
    if (!row) throw new MirrorError('bundle_schedule_missing', `There is no schedule ${id}.`, { found: id });
    await note(deps, trx, actor, 'bundle_schedule_deleted', row);
  });
}

function note(
  { now }: Pick<BundleDeps, 'now'>,
  trx: BundleDeps['db'],
  actor: string,
  action: string,
  { id, name, cron, time_zone }: BundleScheduleRow,
): Promise<void> {
  return recordEvent(trx, { at: now(), actor, action, subject: id, data: { name, cron, time_zone } });
}
