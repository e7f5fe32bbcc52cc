import {
  type ChannelRow,
  type Db,
  insertChannel,
  lockChannel,
  type NewChannel,
  notifyChanged,
  type Privacy,
  recordEvent,
} from '@sluice/catalog';
import type { PackageType } from '@sluice/policy';
import { channelMissing, RegistryError } from '../errors.ts';
import { checkChannelFilters, type FilterWish } from './channel-filters.ts';
import { checkChannelName } from './channel-name.ts';
import type { Actor, ChannelDeps } from './deps.ts';

/** A wish for a channel; what is left out has a default: private, for conda packages, without filters, not frozen. */
export interface NewChannelWish {
  name: string;
  /** The channel it is to be a subchannel of. It inherits nothing. */
  parent?: { id: number; path: string; parent_id: number | null };
  description?: string | undefined;
  privacy?: Privacy | undefined;
  types?: readonly PackageType[] | undefined;
  filters?: FilterWish | undefined;
  frozen?: boolean | undefined;
}

/**
 * Create a channel, or a subchannel of one. Who creates it owns it.
 *
 * @throws {RegistryError} `channel_name`, `channel_filters`, `channel_exists`, `channel_nested` below a subchannel,
 *   `channel_missing` when the parent is gone.
 * @see product.md CH-01, CH-02
 */
export async function createChannel(deps: ChannelDeps, wish: NewChannelWish, actor: Actor): Promise<ChannelRow> {
  const { parent } = wish;
  const name = checkChannelName(wish.name);
  const filters = checkChannelFilters(wish.filters ?? {}, wish.types ?? ['conda']);
  if (parent && parent.parent_id !== null) {
    throw new RegistryError('channel_nested', `${parent.path} is a subchannel, and a subchannel has none of its own.`, {
      wanted: '<channel>/<subchannel>',
      found: `${parent.path}/${name}`,
    });
  }
  const path = parent ? `${parent.path}/${name}` : name;
  const now = deps.now();
  return deps.db.transaction().execute(async (trx) => {
    if (parent && !(await lockChannel(trx, parent.id, 'stay'))) throw channelMissing(parent.path);
    const channel = await addChannel(trx, { ...wish, path, parent_id: parent?.id ?? null, filters }, actor, now);
    if (!channel) {
      throw new RegistryError('channel_exists', `There is a channel ${path} already; choose another name.`, {
        found: path,
      });
    }
    return channel;
  });
}

/** Add a channel with its event, unless the path is taken. Name and filters are checked, the transaction is the caller's. */
export async function addChannel(
  trx: Db,
  wish: Omit<NewChannelWish, 'name' | 'parent' | 'filters'> & Pick<NewChannel, 'path' | 'parent_id' | 'filters'>,
  actor: Actor,
  now: Date,
): Promise<ChannelRow | undefined> {
  const channel = await insertChannel(
    trx,
    {
      path: wish.path,
      parent_id: wish.parent_id,
      owner_id: actor.id,
      description: wish.description ?? '',
      privacy: wish.privacy ?? 'private',
      types: [...new Set(wish.types ?? ['conda'])],
      filters: wish.filters,
      frozen: wish.frozen ?? false,
    },
    now,
  );
  if (!channel) return undefined;
  const { path, privacy, types } = channel;
  await recordEvent(trx, {
    at: now,
    actor: actor.name,
    action: 'channel_created',
    channel: path,
    subject: path,
    data: { privacy, types },
  });
  await notifyChanged(trx, 'channel', channel.id);
  return channel;
}
