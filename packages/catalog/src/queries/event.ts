import type { Db } from '../session.ts';

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
