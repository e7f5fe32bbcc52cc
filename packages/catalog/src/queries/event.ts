import type { Selectable } from 'kysely';
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

/**
 * One page of what happened in a channel, newest first, and how much there is. Events before `since` belong to an earlier
 * channel of that name.
 */
export async function listChannelEvents(
  db: Db,
  channel: { path: string; since: Date },
  page: { limit: number; offset: number },
): Promise<{ rows: EventRow[]; total_count: number }> {
  const own = db.selectFrom('event').where('channel', '=', channel.path).where('at', '>=', channel.since);
  const rows = await own.selectAll().orderBy('id', 'desc').limit(page.limit).offset(page.offset).execute();
  const count = await own.select((eb) => eb.fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
  return { rows, total_count: Number(count.n) };
}
