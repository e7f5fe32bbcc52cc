import { channelsBelow, findSourceList, lazyMirrors, newestRuns } from '@sluice/catalog';
import { pythonPart } from '@sluice/formats/package';
import type { MirrorDeps } from '../deps.ts';
import { startRun } from '../run/start-run.ts';

/** How long an upstream's list is believed, and how long a run that failed is left alone, in ms. */
const freshMs = 600_000;

/**
 * Have the lists of the lazy mirrors of a channel, and of the channels below it, asked for again where they are old: by a run of
 * the mirror, since a list may have hundreds of thousands of names. Whoever asks for the list gets what there is.
 */
export async function askLists(deps: Pick<MirrorDeps, 'db' | 'newId' | 'now'>, channelId: number): Promise<void> {
  for (const { id } of await channelsBelow(deps.db, channelId)) await askLists(deps, id);
  const mirrors = await lazyMirrors(deps.db, channelId, 'python_simple');
  const runs = await newestRuns(
    deps.db,
    mirrors.map(({ id }) => id),
  );
  const isOld = (at: Date | undefined) => at === undefined || deps.now().getTime() - at.getTime() > freshMs;
  for (const { id, source_id } of mirrors) {
    const list = await findSourceList(deps.db, { source_id, subdir: pythonPart });
    if (!isOld(list?.checked_at) || !isOld(runs.get(id)?.created_at)) continue;
    await deps.db.transaction().execute((trx) => startRun(trx, deps, { mirrorId: id, cause: 'ask', actor: null }));
  }
}
