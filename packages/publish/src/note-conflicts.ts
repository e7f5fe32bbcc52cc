import { type ChannelRow, type Db, recordEvent, replaceConflicts } from '@sluice/catalog';
import { packageNameOf, packageTypeOf } from '@sluice/formats/package';
import type { SubdirPlan } from './plan-subdir.ts';

/** So many files the event names; all are in the list of the channel. */
const named = 20;

/**
 * Bring the list of files that mirrors of a channel have with different bytes up to what a publication found of the names it looked
 * at, in its transaction. One event says what came and went.
 */
export async function noteConflicts(
  trx: Db,
  channel: Pick<ChannelRow, 'id' | 'path'>,
  plans: readonly SubdirPlan[],
  now: Date,
): Promise<void> {
  const begun: string[] = [];
  const over: string[] = [];
  for (const { subdir, touched, conflicts } of plans) {
    const type = packageTypeOf(subdir);
    const isLookedAt = (file: string) => touched === 'all' || touched.has(packageNameOf(type, file));
    const changes = await replaceConflicts(trx, { channelId: channel.id, subdir, isLookedAt, conflicts, now });
    begun.push(...changes.begun.map((file) => `${subdir}/${file}`));
    over.push(...changes.over.map((file) => `${subdir}/${file}`));
  }
  if (begun.length + over.length === 0) return;
  await recordEvent(trx, {
    at: now,
    actor: 'system',
    action: 'mirror_conflict',
    channel: channel.path,
    subject: channel.path,
    data: { begun: begun.length, over: over.length, files: begun.slice(0, named) },
  });
}
