import { type Db, insertRun, type RunRow } from '@sluice/catalog';
import type { MirrorDeps } from '../deps.ts';
import { MirrorError } from '../errors.ts';
import { enqueueSlice } from './run-slice.ts';

/** Why a run was begun; `ask`: a client asked for a list that is old. */
export type RunCause = 'manual' | 'schedule' | 'create' | 'edit' | 'restart' | 'ask';

/**
 * Begin a run of a mirror and queue its first slice, inside the caller's transaction.
 *
 * @param actor the account that asked; null for the clock.
 * @returns the pending run; undefined when one is open, which goes on.
 */
export async function startRun(
  trx: Db,
  deps: Pick<MirrorDeps, 'newId' | 'now'>,
  run: { mirrorId: string; cause: RunCause; actor: string | null },
): Promise<RunRow | undefined> {
  const row = await insertRun(
    trx,
    { id: deps.newId(), mirror_id: run.mirrorId, cause: run.cause, actor: run.actor },
    deps.now(),
  );
  if (row) await enqueueSlice(trx, row.id);
  return row;
}

/** As {@link startRun}. @throws {MirrorError} `run_open` when one is open. */
export async function startOnlyRun(...args: Parameters<typeof startRun>): Promise<RunRow> {
  const row = await startRun(...args);
  if (row) return row;
  throw new MirrorError('run_open', 'The mirror has a run that is not over. Wait for its end, or stop it first.', {
    wanted: 'no open run',
    found: 'an open run',
  });
}
