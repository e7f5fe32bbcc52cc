import { findMirror, newestRuns, notifyChanged, requestStop } from '@sluice/catalog';
import type { Actor } from '@sluice/registry';
import { MirrorError } from '../errors.ts';
import { recordEnd } from '../run/record-end.ts';
import { startOnlyRun } from '../run/start-run.ts';
import { stopIdleRun } from '../run/sweep-runs.ts';
import type { VerbDeps } from './create-mirror.ts';
import { mirrorMissing } from './edit-mirror.ts';

/**
 * Run a mirror now. After a stopped run this is a restart; what is local already is not fetched again.
 *
 * @returns the id of the run.
 * @throws {MirrorError} `mirror_missing`, `run_open`.
 * @see product.md MI-08
 */
export async function runNow(deps: VerbDeps, mirrorId: string, actor: Pick<Actor, 'name'>): Promise<string> {
  return deps.db.transaction().execute(async (trx) => {
    if (!(await findMirror(trx, mirrorId, 'for-update'))) throw mirrorMissing(mirrorId);
    const last = (await newestRuns(trx, [mirrorId])).get(mirrorId);
    const run = await startOnlyRun(trx, deps, {
      mirrorId,
      cause: last?.state === 'stopped' ? 'restart' : 'manual',
      actor: actor.name,
    });
    await notifyChanged(trx, 'mirror', mirrorId);
    return run.id;
  });
}

/**
 * Ask the open run of a mirror to stop. One that nobody has begun, or whose worker is gone, is stopped at once; a working
 * one within seconds, keeping what it has brought in. One that only waits for its publication is over at once; the
 * publication comes all the same.
 *
 * @throws {MirrorError} `mirror_missing`, `run_idle`.
 * @see product.md MI-07
 */
export async function stopRun(deps: VerbDeps, mirrorId: string): Promise<void> {
  const run = await deps.db.transaction().execute(async (trx) => {
    const mirror = await findMirror(trx, mirrorId);
    if (!mirror) throw mirrorMissing(mirrorId);
    const now = deps.now();
    const asked = await requestStop(trx, mirrorId, now);
    if (asked?.state === 'stopped') await recordEnd(trx, mirror, asked, { state: 'stopped' }, now);
    if (asked) await notifyChanged(trx, 'mirror', mirrorId);
    return asked;
  });
  if (!run) {
    throw new MirrorError('run_idle', 'The mirror has no run that could be stopped.', {
      wanted: 'an open run',
      found: 'none',
    });
  }
  if (run.state === 'stopping') await stopIdleRun(deps, run.id);
}
