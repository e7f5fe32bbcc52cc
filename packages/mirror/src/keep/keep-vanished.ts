import {
  type Db,
  enqueuePublication,
  findMirror,
  lockKeepingMirror,
  mirrorsPastGrace,
  notifyChanged,
  type RevisionBy,
} from '@sluice/catalog';
import { type SettledKept, settleKept, vanishedFiles } from '@sluice/registry';
import type { MirrorDeps } from '../deps.ts';
import { layerDefinition } from '../run/layer-definition.ts';

type KeepDeps = Pick<MirrorDeps, 'pool' | 'storage' | 'now'>;

/**
 * Settle what a mirror keeps showing, before it moves to what it is to show next, in the transaction that moves it. Where it keeps
 * what vanishes, that are the files it showed and its source has no more; where it does not, nothing begins.
 *
 * @see product.md MI-16
 */
export async function keepVanished(
  deps: KeepDeps,
  trx: Db,
  id: string,
  to: { source_id: number; revision: number },
  by: RevisionBy,
): Promise<SettledKept> {
  const mirror = await lockKeepingMirror(trx, id);
  if (!mirror || (!mirror.keep_removed && mirror.kept_source_id === null))
    return { begun: 0, back: 0, over: 0, kept: 0 };
  const reading = { ...deps, db: trx };
  const isSame = mirror.keep_removed && mirror.source_id === to.source_id;
  const now = { source_id: to.source_id, revision: isSame ? Math.max(to.revision, mirror.at_rev) : to.revision };
  const vanished =
    isSame && now.revision > mirror.at_rev ? await vanishedFrom(reading, id, mirror.at_rev, now.revision) : [];
  return settleKept(trx, mirror, now, vanished, by, deps.now());
}

async function vanishedFrom(deps: KeepDeps & { db: Db }, id: string, revision: number, upTo: number) {
  const mirror = await findMirror(deps.db, id);
  if (!mirror) return [];
  const definition = await layerDefinition(deps, mirror);
  return vanishedFiles(deps, { sourceId: mirror.shown_source_id, revision, definition }, upTo);
}

/** Settle what a mirror keeps after its definition changed, or time went by: what it is not to keep any longer ends. */
export async function settleNow(
  { now }: Pick<MirrorDeps, 'now'>,
  trx: Db,
  id: string,
  by: RevisionBy,
): Promise<SettledKept | undefined> {
  const mirror = await lockKeepingMirror(trx, id);
  if (!mirror || mirror.kept_source_id === null) return undefined;
  return settleKept(trx, mirror, { source_id: mirror.source_id, revision: mirror.at_rev }, [], by, now());
}

/** Let files go that vanished upstream and were kept for as long as their mirror says; their channels are published again. @returns how many. */
export async function endGraces(deps: Pick<MirrorDeps, 'db' | 'now'>): Promise<number> {
  let over = 0;
  for (const id of await mirrorsPastGrace(deps.db, deps.now())) {
    over += await deps.db.transaction().execute(async (trx) => {
      const mirror = await findMirror(trx, id, 'for-update');
      const settled = mirror && (await settleNow(deps, trx, id, { cause: 'vanish' }));
      if (!settled || settled.over === 0) return 0;
      await enqueuePublication(trx, mirror.channel_id, [{ text: `grace of mirror ${mirror.name} over`, actor: null }]);
      await notifyChanged(trx, 'mirror', id);
      return settled.over;
    });
  }
  return over;
}
