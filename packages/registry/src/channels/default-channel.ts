import { type Db, lockChannel, recordEvent, setDefaultChannel } from '@sluice/catalog';
import { channelMissing, RegistryError } from '../errors.ts';
import { systemSettings } from '../settings.ts';
import { checkChannelName } from './channel-name.ts';
import { addChannel } from './create-channel.ts';
import type { Actor, ChannelDeps } from './deps.ts';

/**
 * Name of the channel an account gets: its own in lower case, of an e-mail address the local part, with `_` for every
 * character a channel's name cannot have. Undefined when that still names no channel.
 *
 * @see product.md CH-05
 */
export function defaultChannelName(accountName: string): string | undefined {
  const at = accountName.lastIndexOf('@');
  const local = at === -1 ? accountName : accountName.slice(0, at);
  try {
    return checkChannelName(local.toLowerCase().replace(/[^a-z0-9_-]/gu, '_'));
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'channel_name') return undefined;
    throw error;
  }
}

/**
 * At an account's first sign-in: create its private channel and make it the default for its uploads. Nothing happens when
 * the setting `user_channel_autocreate` is off, the name can be none of a channel, or there is such a channel already.
 *
 * @param trx the transaction of the sign-in.
 */
export async function createDefaultChannel(trx: Db, account: Actor, now: Date): Promise<void> {
  const path = defaultChannelName(account.name);
  if (path === undefined || !(await systemSettings(trx)).user_channel_autocreate) return;
  const channel = await addChannel(trx, { path, parent_id: null, filters: {} }, account, now);
  if (channel) await setDefaultChannel(trx, account.id, channel.id);
}

/**
 * Choose the channel that takes an account's uploads when they name none; null for none.
 *
 * @throws {RegistryError} `channel_missing`.
 */
export async function chooseDefaultChannel(
  deps: ChannelDeps,
  channel: { id: number; path: string } | null,
  account: Actor,
): Promise<void> {
  await deps.db.transaction().execute(async (trx) => {
    if (channel && !(await lockChannel(trx, channel.id, 'stay'))) throw channelMissing(channel.path);
    await setDefaultChannel(trx, account.id, channel?.id ?? null);
    await recordEvent(trx, {
      at: deps.now(),
      actor: account.name,
      action: 'user_updated',
      subject: account.name,
      data: { default_channel_name: channel?.path ?? null },
    });
  });
}
