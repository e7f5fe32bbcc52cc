import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { NamePriority, Privacy } from '../tables.ts';

/** A channel that stands above or below another one, as far as access to it is decided by. */
export interface StackedChannel {
  id: number;
  path: string;
  privacy: Privacy;
  owner_id: string | null;
}

const stacked = ['channel.id', 'channel.path', 'channel.privacy', 'channel.owner_id'] as const;

/** The channels that show below a channel's own uploads and mirrors, the first on top. */
export async function channelsBelow(db: Db, channelId: number): Promise<StackedChannel[]> {
  return db
    .selectFrom('channel_layer')
    .innerJoin('channel', 'channel.id', 'channel_layer.below_id')
    .select(stacked)
    .where('channel_layer.channel_id', '=', channelId)
    .where('channel.deleted_at', 'is', null)
    .orderBy('channel_layer.position')
    .execute();
}

/** The channels that stand on any of these, by path. */
export async function channelsAbove(db: Db, channelIds: readonly number[]): Promise<StackedChannel[]> {
  return db
    .selectFrom('channel_layer')
    .innerJoin('channel', 'channel.id', 'channel_layer.channel_id')
    .distinct()
    .select(stacked)
    .where('channel_layer.below_id', 'in', channelIds)
    .where('channel.deleted_at', 'is', null)
    .orderBy('channel.path')
    .execute();
}

/** Which channel stands on which, of all that are there. */
export interface StackEdge {
  channel_id: number;
  below_id: number;
}

/** Every channel that stands on another. Whoever is about to add to them locks the table first: {@link lockStacks}. */
export async function stackEdges(db: Db): Promise<StackEdge[]> {
  return db
    .selectFrom('channel_layer')
    .innerJoin('channel', 'channel.id', 'channel_layer.channel_id')
    .select(['channel_layer.channel_id', 'channel_layer.below_id'])
    .where('channel.deleted_at', 'is', null)
    .execute();
}

/** Let nobody else change which channel stands on which until the transaction ends: two at once could close a circle. */
export async function lockStacks(trx: Db): Promise<void> {
  await sql`lock table channel_layer in share row exclusive mode`.execute(trx);
}

/** Have these channels, the first on top, show below a channel, and no others. */
export async function replaceChannelLayers(
  trx: Db,
  channelId: number,
  belowIds: readonly number[],
  note: { created_at: Date; created_by: string },
): Promise<void> {
  await trx
    .deleteFrom('channel_layer')
    .where('channel_id', '=', channelId)
    .$if(belowIds.length > 0, (query) => query.where('below_id', 'not in', belowIds))
    .execute();
  if (belowIds.length === 0) return;
  await trx
    .insertInto('channel_layer')
    .values(belowIds.map((below_id, position) => ({ channel_id: channelId, below_id, position, ...note })))
    .onConflict((conflict) =>
      conflict.columns(['channel_id', 'below_id']).doUpdateSet({ position: sql`excluded.position` }),
    )
    .execute();
}

/** Take a channel from below others. */
export async function removeChannelLayer(trx: Db, belowId: number, channelIds: readonly number[]): Promise<void> {
  await trx.deleteFrom('channel_layer').where('below_id', '=', belowId).where('channel_id', 'in', channelIds).execute();
}

/** Say which of a channel's tiers hides what of the lower ones. */
export async function setNamePriority(trx: Db, channelId: number, name_priority: NamePriority): Promise<void> {
  await trx.updateTable('channel').set({ name_priority }).where('id', '=', channelId).execute();
}
