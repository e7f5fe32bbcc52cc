import { dueBundleSchedules, findBundle, moveBundleSchedule, recordEvent } from '@sluice/catalog';
import { nextRunAfter } from '../../definition/schedule.ts';
import { rememberedError } from '../../error-code.ts';
import { MirrorError } from '../../errors.ts';
import type { BundleDeps } from '../deps.ts';
import { createBundle } from '../out/create-bundle.ts';
import type { BundleWish } from '../out/definition.ts';

const mostAtOnce = 20;

/**
 * Begin a bundle for every schedule whose time has come, and set its next time. While the last one of a schedule is still being
 * made it is left to that; times missed while nothing ran are made up by one bundle.
 *
 * @returns how many were begun.
 */
export async function scheduleBundles(deps: BundleDeps): Promise<number> {
  const due = await deps.db.transaction().execute(async (trx) => {
    const now = deps.now();
    const schedules = await dueBundleSchedules(trx, now, mostAtOnce);
    for (const { id, cron, time_zone } of schedules) {
      await moveBundleSchedule(trx, id, { next_run_at: nextRunAfter(cron, time_zone, now) });
    }
    return schedules;
  });
  let begun = 0;
  for (const { id, name, definition, last_bundle_id } of due) {
    const last = last_bundle_id === null ? undefined : await findBundle(deps.db, last_bundle_id);
    if (last?.state === 'pending' || last?.state === 'running') continue;
    try {
      // Who made the schedule was asked then; it is an administrator's.
      const bundle = await createBundle(deps, definition as BundleWish, { name: 'system', mayBundle: mustBeThere });
      await moveBundleSchedule(deps.db, id, { last_bundle_id: bundle.id });
      begun++;
    } catch (error) {
      if (!(error instanceof MirrorError) || error.transient) throw error;
      const data = { name, error: rememberedError(error) };
      await recordEvent(deps.db, { at: deps.now(), actor: 'system', action: 'bundle_failed', subject: id, data });
    }
  }
  return begun;
}

function mustBeThere(channel: unknown, path: string): void {
  if (channel !== undefined) return;
  throw new MirrorError('channel_missing', `There is no channel ${path} any more.`, { found: path });
}
