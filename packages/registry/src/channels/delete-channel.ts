import { type ChannelRow, enqueue, lockChannel, markChannelDeleted, notifyChanged, recordEvent } from '@sluice/catalog';
import { channelMissing } from '../errors.ts';
import type { Actor, ChannelDeps } from './deps.ts';

/**
 * Delete a channel and its subchannels. At once every door answers as if they had never been, and their names are free;
 * the job `delete-channel` then removes their rows. Bytes stay, since other channels may share them.
 *
 * @throws {RegistryError} `channel_missing`.
 * @see product.md CH-08
 */
export async function deleteChannel(
  deps: ChannelDeps,
  channel: Pick<ChannelRow, 'id' | 'path'>,
  actor: Actor,
): Promise<void> {
  const now = deps.now();
  await deps.db.transaction().execute(async (trx) => {
    if (!(await lockChannel(trx, channel.id, 'change'))) throw channelMissing(channel.path);
    const gone = await markChannelDeleted(trx, channel.id, now);
    const subchannels = gone.filter(({ id }) => id !== channel.id).map(({ path }) => path);
    await recordEvent(trx, {
      at: now,
      actor: actor.name,
      action: 'channel_deleted',
      channel: channel.path,
      subject: channel.path,
      data: subchannels.length > 0 ? { subchannels } : {},
    });
    for (const { id } of gone) await notifyChanged(trx, 'channel', id);
    await enqueue(trx, 'delete-channel', { channel_id: channel.id }, { key: `delete:${channel.id}` });
  });
}
