import {
  type ChannelRow,
  enqueueMonolith,
  insertRollback,
  lockChannel,
  notifyChanged,
  recordEvent,
  touchedEntries,
} from '@sluice/catalog';
import { followBelow } from './follow-below.ts';
import { channelMissing, type PublicationDeps } from './pin.ts';
import { resolveRef } from './resolve-ref.ts';
import { signatureDifference } from './select.ts';

/** What a rollback did. */
export interface Rollback {
  /** The new publication, which clients are shown now. */
  no: number;
  /** The publication whose content that is. */
  to: number;
  /** Records that came and went, as publications count them. */
  added: number;
  removed: number;
  /** Whether the channel was frozen before; it is now. */
  was_frozen: boolean;
}

/**
 * Show again what a kept publication showed: a new publication with its very entries, and the channel is frozen, since the
 * next one would be made of today's layers and rules. Unfreezing it leads back to those. Downloads go on being judged by the
 * rules of today.
 *
 * @param ref of the publication, as `resolveRef` reads it.
 * @throws {PublishError} `channel_missing`, and what `resolveRef` throws.
 */
export async function rollBack(
  deps: PublicationDeps,
  channel: Pick<ChannelRow, 'id' | 'path'>,
  ref: string,
  actor: { name: string },
): Promise<Rollback> {
  return deps.db.transaction().execute(async (trx) => {
    const current = await lockChannel(trx, channel.id, 'change');
    if (!current) throw channelMissing(channel.path);
    const { no: to } = await resolveRef(trx, current.id, ref);
    const { head_no: head, frozen: was_frozen } = current;
    const now = deps.now();
    const no = head + 1;
    const counts = { added: 0, removed: 0 };
    for (const entry of await touchedEntries(trx, current.id, { from: head, to })) {
      const { added, removed } = signatureDifference(entry.from?.signature ?? null, entry.to?.signature ?? null);
      counts.added += added;
      counts.removed += removed;
    }
    const note = { cause: `rollback to ${to}`, actor: actor.name, ...counts };
    await insertRollback(trx, current.id, { no, past: to }, note, now);
    await recordEvent(trx, {
      at: now,
      actor: actor.name,
      action: 'channel_rolled_back',
      channel: current.path,
      subject: current.path,
      data: { to, publication: no, from: head, was_frozen, ...counts },
    });
    await enqueueMonolith(trx, current.id);
    await followBelow(trx, current.id);
    await notifyChanged(trx, 'channel', current.id);
    await notifyChanged(trx, 'head', current.id);
    return { no, to, was_frozen, ...counts };
  });
}
