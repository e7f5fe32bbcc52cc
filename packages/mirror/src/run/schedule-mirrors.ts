import { dueMirrors, setNextRun } from '@sluice/catalog';
import { nextRunAfter } from '../definition/schedule.ts';
import type { MirrorDeps } from '../deps.ts';
import { startRun } from './start-run.ts';

const mostAtOnce = 100;

/**
 * Begin a run for every mirror whose time has come, and set its next time. A mirror whose last run still goes on is left
 * to it; times missed while nothing ran are caught up by one run.
 *
 * @returns how many runs were begun.
 */
export async function scheduleMirrors(deps: Pick<MirrorDeps, 'db' | 'now' | 'newId'>): Promise<number> {
  let begun = 0;
  for (;;) {
    const due = await deps.db.transaction().execute(async (trx) => {
      const now = deps.now();
      const mirrors = await dueMirrors(trx, now, mostAtOnce);
      for (const mirror of mirrors) {
        await setNextRun(trx, mirror.id, nextRunAfter(mirror.cron, mirror.time_zone, now));
        if (await startRun(trx, deps, { mirrorId: mirror.id, cause: 'schedule', actor: null })) begun++;
      }
      return mirrors.length;
    });
    if (due < mostAtOnce) return begun;
  }
}
