import type { Selectable } from 'kysely';
import type { Db } from '../session.ts';
import type { Tables } from '../tables.ts';

export type PinRow = Omit<Selectable<Tables['pin']>, 'channel_id'>;

const columns = ['name', 'no', 'created_at', 'created_by'] as const;

/** A pin of a channel by its name. */
export async function findPin(db: Db, channelId: number, name: string): Promise<PinRow | undefined> {
  return db
    .selectFrom('pin')
    .select(columns)
    .where('channel_id', '=', channelId)
    .where('name', '=', name)
    .executeTakeFirst();
}

/** Pin a publication under a name, or move the pin of that name to it. */
export async function setPin(db: Db, channelId: number, pin: PinRow): Promise<void> {
  const { name: _, ...where } = pin;
  await db
    .insertInto('pin')
    .values({ channel_id: channelId, ...pin })
    .onConflict((conflict) => conflict.columns(['channel_id', 'name']).doUpdateSet(where))
    .execute();
}

/** Take a pin away. @returns what it was, undefined when there was none of that name. */
export async function deletePin(db: Db, channelId: number, name: string): Promise<PinRow | undefined> {
  return db
    .deleteFrom('pin')
    .where('channel_id', '=', channelId)
    .where('name', '=', name)
    .returning(columns)
    .executeTakeFirst();
}
