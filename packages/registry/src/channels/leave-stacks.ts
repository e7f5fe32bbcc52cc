import {
  type ChannelRow,
  channelsAbove,
  type Db,
  enqueuePublication,
  isLessPublic,
  notifyChanged,
  recordEvent,
  removeChannelLayer,
  stackEdges,
} from '@sluice/catalog';
import { RegistryError } from '../errors.ts';
import type { Actor } from './deps.ts';
import { exposedTo, stackedChannels, withThoseAbove } from './exposure.ts';
import type { MayStand } from './set-layers.ts';

/**
 * What a channel's new privacy means for the channels it stands on and those that stand on it, inside the transaction that
 * changes it. One that becomes more public asks for the right to show what those below show; one that becomes less public
 * is taken from below channels through which more people read it, until somebody who manages both puts it back.
 */
export async function followPrivacy(
  trx: Db,
  before: ChannelRow,
  after: ChannelRow,
  mayStand: MayStand,
  actor: Actor,
  now: Date,
): Promise<void> {
  const edges = await stackEdges(trx);
  const channels = await stackedChannels(trx, edges);
  const channelOf = (id: number) => channels.get(id);
  if (isLessPublic(before.privacy, after.privacy)) {
    const known = exposedTo(edges, (id) => (id === before.id ? before : channelOf(id)), after.id);
    for (const id of exposedTo(edges, channelOf, after.id)) if (!known.has(id)) mayStand(after, channels.get(id)!);
  }
  if (!isLessPublic(after.privacy, before.privacy)) return;
  const readers = (await channelsAbove(trx, [after.id])).filter(({ id }) => {
    const through = edges.filter(({ channel_id, below_id }) => below_id !== after.id || channel_id === id);
    return [...withThoseAbove(edges, id)].some((upper) => exposedTo(through, channelOf, upper).has(after.id));
  });
  if (readers.length === 0) return;
  await removeChannelLayer(
    trx,
    after.id,
    readers.map(({ id }) => id),
  );
  for (const { id, path } of readers) {
    await recordEvent(trx, {
      at: now,
      actor: actor.name,
      action: 'channel_layer_removed',
      channel: path,
      subject: after.path,
      data: { privacy: after.privacy },
    });
    await notifyChanged(trx, 'channel', id);
    await enqueuePublication(trx, id, [{ text: 'a channel below became less public', actor: actor.name }]);
  }
}

/**
 * Refuse to take channels away that others stand on.
 *
 * @param mayName whether whoever asks may be told of a channel.
 * @throws {RegistryError} `channel_stood_on`.
 */
export async function refuseIfStoodOn(
  trx: Db,
  gone: readonly Pick<ChannelRow, 'id' | 'path'>[],
  mayName: (channel: Pick<ChannelRow, 'path' | 'privacy' | 'owner_id'>) => boolean,
): Promise<void> {
  const ids = gone.map(({ id }) => id);
  const above = (await channelsAbove(trx, ids)).filter(({ id }) => !ids.includes(id));
  if (above.length === 0) return;
  const names = above.filter(mayName).map(({ path }) => path);
  const hidden = above.length - names.length;
  const found = [...names, ...(hidden > 0 ? [`${hidden} that you cannot see`] : [])].join(', ');
  throw new RegistryError(
    'channel_stood_on',
    `Other channels show what this one shows: ${found}. Take it from below them first.`,
    { wanted: 'no channel that stands on it', found },
  );
}
