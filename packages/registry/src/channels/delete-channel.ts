import { type ChannelRow, enqueue, lockChannel, markChannelDeleted, notifyChanged, recordEvent } from '@sluice/catalog';
import { channelMissing } from '../errors.ts';
import type { Actor, ChannelDeps } from './deps.ts';
import { refuseIfStoodOn } from './leave-stacks.ts';

/**
 * Delete a channel and its subchannels. At once every door answers as if they had never been, and their names are free;
 * the job `delete-channel` then removes their rows. Bytes stay, since other channels may share them.
 *
 * @param mayName whether whoever asks may be told of a channel that stands on it.
 * @throws {RegistryError} `channel_missing`, `channel_stood_on`.
 * @see product.md CH-08
 */
export async function deleteChannel(
  deps: ChannelDeps,
  channel: Pick<ChannelRow, 'id' | 'path'>,
  actor: Actor,
  mayName: (above: Pick<ChannelRow, 'path' | 'privacy' | 'owner_id'>) => boolean = () => true,
): Promise<void> {
  const now = deps.now();
  await deps.db.transaction().execute(async (trx) => {
    if (!(await lockChannel(trx, channel.id, 'change'))) throw channelMissing(channel.path);
    const gone = await markChannelDeleted(trx, channel.id, now);
    // Looked at last: who was just putting one of them below another channel held it until now.
    await refuseIfStoodOn(trx, gone, mayName);
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
