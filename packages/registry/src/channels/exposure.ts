import { type ChannelRow, type Db, findChannelById, isLessPublic, type StackEdge } from '@sluice/catalog';

/** A channel by its number, as it is to be seen; undefined for one that is gone. */
export type ChannelOf = (id: number) => ChannelRow | undefined;

/**
 * The channels of which those who may read one see something that they may not read there: less public ones below it, at
 * whatever depth. What stands below one that is as public as the first is seen there already, by the will of who manages it.
 */
export function exposedTo(edges: readonly StackEdge[], channelOf: ChannelOf, upper: number): Set<number> {
  const exposed = new Set<number>();
  const reader = channelOf(upper);
  const look = (id: number): void => {
    for (const { below_id } of edges.filter(({ channel_id }) => channel_id === id)) {
      const below = channelOf(below_id);
      if (!reader || !below || exposed.has(below_id) || !isLessPublic(below.privacy, reader.privacy)) continue;
      exposed.add(below_id);
      look(below_id);
    }
  };
  look(upper);
  return exposed;
}

/** A channel and all that stand on it, at whatever height. */
export function withThoseAbove(edges: readonly StackEdge[], id: number): Set<number> {
  const found = new Set([id]);
  // A set goes on to what is added to it meanwhile.
  for (const one of found) {
    for (const { channel_id, below_id } of edges) if (below_id === one) found.add(channel_id);
  }
  return found;
}

/** The channels that these edges name, as they are now. */
export async function stackedChannels(db: Db, edges: readonly StackEdge[]): Promise<Map<number, ChannelRow>> {
  const channels = new Map<number, ChannelRow>();
  for (const id of new Set(edges.flatMap(({ channel_id, below_id }) => [channel_id, below_id]))) {
    const channel = await findChannelById(db, id);
    if (channel) channels.set(id, channel);
  }
  return channels;
}
