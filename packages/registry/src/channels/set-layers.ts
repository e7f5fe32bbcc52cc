import {
  type ChannelRow,
  channelsBelow,
  type Db,
  enqueuePublication,
  findChannelById,
  lockChannel,
  lockStacks,
  type NamePriority,
  notifyChanged,
  recordEvent,
  replaceChannelLayers,
  type StackEdge,
  setNamePriority,
  stackEdges,
} from '@sluice/catalog';
import { channelMissing, RegistryError } from '../errors.ts';
import type { Actor, ChannelDeps } from './deps.ts';
import { exposedTo, stackedChannels, withThoseAbove } from './exposure.ts';

/** So many channels may stand on each other, the lowest and the topmost counted. */
const mostStacked = 5;

/** What a channel is to show below its own uploads and mirrors; what is left out stays. */
export interface LayerWish {
  /** Channels by their numbers, the first on top. */
  layers?: readonly Pick<ChannelRow, 'id' | 'path'>[] | undefined;
  name_priority?: NamePriority | undefined;
}

/** Throws when whoever asks may not have one channel show what another one shows. */
export type MayStand = (upper: ChannelRow, below: ChannelRow) => void;

/**
 * Say which channels show below a channel's own uploads and mirrors, in which order, and whether a name that a higher tier
 * shows hides lower ones. The publication follows by a job; the door knows at once.
 *
 * @throws {RegistryError} `channel_missing`, `channel_layer` for itself, a circle, or too many on each other; and what
 *   `mayStand` throws.
 * @see design.md §2
 */
export async function setChannelLayers(
  deps: ChannelDeps,
  channel: Pick<ChannelRow, 'id' | 'path'>,
  wish: LayerWish,
  mayStand: MayStand,
  actor: Actor,
): Promise<ChannelRow> {
  const now = deps.now();
  return deps.db.transaction().execute(async (trx) => {
    await lockStacks(trx);
    const before = await lockChannel(trx, channel.id, 'change');
    if (!before) throw channelMissing(channel.path);
    const was = (await channelsBelow(trx, before.id)).map(({ path }) => path);
    const layers = wish.layers ?? [];
    const is = wish.layers ? layers.map(({ path }) => path) : was;
    const name_priority = wish.name_priority ?? before.name_priority;
    const changed = {
      ...(is.join() === was.join() ? {} : { layers: { from: was, to: is } }),
      ...(name_priority === before.name_priority
        ? {}
        : { name_priority: { from: before.name_priority, to: name_priority } }),
    };
    if (Object.keys(changed).length === 0) return before;
    if (changed.layers) {
      for (const below of layers) {
        // Held against its publications, too: one of them would not know yet that this channel is to follow.
        const row = await lockChannel(trx, below.id, 'change');
        if (!row) throw channelMissing(below.path);
        mayStand(before, row);
      }
      const edges = await stackEdges(trx);
      checkStack(edges, before, layers);
      await checkExposure(trx, edges, before, layers, mayStand);
      await replaceChannelLayers(
        trx,
        before.id,
        layers.map(({ id }) => id),
        { created_at: now, created_by: actor.name },
      );
    }
    if (changed.name_priority) await setNamePriority(trx, before.id, name_priority);
    await recordEvent(trx, {
      at: now,
      actor: actor.name,
      action: 'channel_layers_updated',
      channel: before.path,
      subject: before.path,
      data: { changed },
    });
    await notifyChanged(trx, 'channel', before.id);
    if (!before.frozen) await enqueuePublication(trx, before.id, [{ text: 'layers edited', actor: actor.name }]);
    return (await findChannelById(trx, before.id))!;
  });
}

/** Ask about every channel that more people would see something of, in this channel or in one that stands on it. */
async function checkExposure(
  trx: Db,
  before: readonly StackEdge[],
  channel: ChannelRow,
  layers: readonly Pick<ChannelRow, 'id'>[],
  mayStand: MayStand,
): Promise<void> {
  const after = before.filter(({ channel_id }) => channel_id !== channel.id);
  after.push(...layers.map(({ id }) => ({ channel_id: channel.id, below_id: id })));
  const channels = await stackedChannels(trx, after);
  const channelOf = (id: number) => channels.get(id);
  for (const upper of withThoseAbove(before, channel.id)) {
    const known = exposedTo(before, channelOf, upper);
    for (const id of exposedTo(after, channelOf, upper)) {
      if (!known.has(id)) mayStand(channels.get(upper)!, channels.get(id)!);
    }
  }
}

/** Refuse a stack that would go in a circle or be too high. */
function checkStack(
  edges: readonly StackEdge[],
  channel: Pick<ChannelRow, 'id' | 'path'>,
  layers: readonly Pick<ChannelRow, 'id' | 'path'>[],
): void {
  const others = edges.filter(({ channel_id }) => channel_id !== channel.id);
  const ids = new Set(layers.map(({ id }) => id));
  if (ids.size < layers.length) throw refused('A channel is named once.', 'each channel once', 'one of them twice');
  for (const { id, path } of layers) {
    if (id === channel.id) throw refused(`${path} cannot stand on itself.`, 'other channels', path);
    if (height(others, id, 'channel_id', 'below_id', channel.id) === Number.POSITIVE_INFINITY) {
      throw refused(`${path} stands on ${channel.path} already: they would go in a circle.`, 'no circle', path);
    }
  }
  const above = height(others, channel.id, 'below_id', 'channel_id');
  const below = Math.max(0, ...layers.map(({ id }) => height(others, id, 'channel_id', 'below_id')));
  if (above + below > mostStacked) {
    throw refused(
      `At most ${mostStacked} channels may stand on each other; these would be ${above + below}.`,
      `at most ${mostStacked}`,
      String(above + below),
    );
  }
}

/**
 * How many channels there are from one to the end of its longest way `from` → `to`, itself counted; infinitely many when
 * `never` is on the way.
 */
function height(
  edges: readonly StackEdge[],
  id: number,
  from: keyof StackEdge,
  to: keyof StackEdge,
  never?: number,
): number {
  if (id === never) return Number.POSITIVE_INFINITY;
  const next = edges.filter((edge) => edge[from] === id);
  return 1 + Math.max(0, ...next.map((edge) => height(edges, edge[to], from, to, never)));
}

function refused(message: string, wanted: string, found: string): RegistryError {
  return new RegistryError('channel_layer', message, { wanted, found });
}
