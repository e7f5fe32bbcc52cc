import { type Selectable, sql } from 'kysely';
import type { Db } from '../session.ts';
import type { Tables } from '../tables.ts';

/** One thing that somebody did. `actor` is an account's name or `system`; `subject` says to what; no secret goes in. */
export interface NewEvent {
  at: Date;
  actor: string;
  action: string;
  /** Path of the channel it happened in. */
  channel?: string;
  subject?: string;
  data?: Record<string, unknown>;
}

export type EventRow = Selectable<Tables['event']>;

/** Write an event, inside the transaction that does what it says. */
export async function recordEvent(db: Db, event: NewEvent): Promise<void> {
  await db
    .insertInto('event')
    .values({
      at: event.at,
      actor: event.actor,
      action: event.action,
      channel: event.channel ?? null,
      subject: event.subject ?? null,
      data: JSON.stringify(event.data ?? {}),
    })
    .execute();
}

/** Which events are wanted. */
export interface EventFilter {
  /** Of a channel with this path, and since that time: events before it belong to an earlier channel of that name. */
  channel?: { path: string; since?: Date };
  actor?: string | undefined;
  /** Any of these. */
  actions?: readonly string[] | undefined;
  /** The name or the id of a mirror. */
  mirror?: string | undefined;
  /** Anywhere in what the event says, in upper or lower case. */
  text?: string | undefined;
  /** Half open. */
  from?: Date | undefined;
  to?: Date | undefined;
}

/**
 * One page of what happened, newest first, and how much there is in all.
 *
 * @param page.before only events with a smaller id: pages that stay what they are while more happens.
 */
export async function listEvents(
  db: Db,
  { channel, actor, actions, mirror, text, from, to }: EventFilter,
  page: { limit: number; offset: number; before?: number | undefined },
): Promise<{ rows: EventRow[]; total_count: number }> {
  let wanted = db.selectFrom('event');
  if (channel) wanted = wanted.where('channel', '=', channel.path);
  if (channel?.since) wanted = wanted.where('at', '>=', channel.since);
  if (actor !== undefined) wanted = wanted.where('actor', '=', actor);
  if (actions !== undefined) wanted = wanted.where('action', 'in', [...actions]);
  if (from) wanted = wanted.where('at', '>=', from);
  if (to) wanted = wanted.where('at', '<', to);
  if (mirror !== undefined) {
    wanted = wanted.where(
      sql<boolean>`(data ->> 'mirror_id' = ${mirror} or (subject = ${mirror} and data ? 'mirror_id'))`,
    );
  }
  if (text !== undefined) {
    const within = sql`lower(concat_ws(' ', actor, action, channel, subject, data::text))`;
    wanted = wanted.where(sql<boolean>`position(lower(${text}) in ${within}) > 0`);
  }
  const { before } = page;
  const rows = await (before === undefined ? wanted : wanted.where('id', '<', before))
    .selectAll()
    .orderBy('id', 'desc')
    .limit(page.limit)
    .offset(page.offset)
    .execute();
  const count = await wanted.select((eb) => eb.fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
  return { rows, total_count: Number(count.n) };
}
