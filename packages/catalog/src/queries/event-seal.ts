import { sql } from 'kysely';
import type { Db } from '../session.ts';

/** A link of the audit's chain. */
export interface SealRow {
  no: number;
  event_id: number;
  hash: Uint8Array;
}

/** An event that no link speaks for yet, as the text that is hashed. */
export interface UnsealedEvent {
  event_id: number;
  text: string;
}

/** A link as it is walked; `text` is null where its event is not there any more. */
export interface SealedEvent extends SealRow {
  text: string | null;
}

/** Only one may write links; any number no other lock has. */
const sealerKey = 7_583_211_003;

/** The text of an event of which the chain is made: PostgreSQL's own print of a JSON array, times in UTC to the microsecond. */
const eventText = sql<string>`jsonb_build_array(
  event.id, to_char(event.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), event.actor, event.action, event.channel,
  event.subject, event.data
)::text`;

/** Become the only sealer until the transaction ends. @returns whether nobody else is. */
export async function lockSealer(db: Db): Promise<boolean> {
  const { rows } = await sql<{
    taken: boolean;
  }>`select pg_try_advisory_xact_lock(${sealerKey}::bigint) as taken`.execute(db);
  return rows[0]!.taken;
}

/** The last link; undefined before the first. */
export async function lastSeal(db: Db): Promise<SealRow | undefined> {
  return db.selectFrom('event_seal').selectAll().orderBy('no', 'desc').limit(1).executeTakeFirst();
}

/** Take events from the queue of those that are not chained, at most `limit`, in the order of their ids; in the transaction that chains them. */
export async function takeUnsealed(db: Db, limit: number): Promise<UnsealedEvent[]> {
  const { rows } = await sql<UnsealedEvent>`
    with gone as (
      delete from event_unsealed where ctid = any(array(select ctid from event_unsealed limit ${limit})) returning event_id
    )
    select event.id as event_id, ${eventText} as text
    from event where event.id in (select event_id from gone)
      and not exists (select from event_seal where event_seal.event_id = event.id)
    order by event.id`.execute(db);
  return rows;
}

/** Add links to the chain. */
export async function insertSeals(db: Db, seals: readonly SealRow[]): Promise<void> {
  if (seals.length === 0) return;
  await sql`
    insert into event_seal (no, event_id, hash)
    select * from unnest(
      ${seals.map(({ no }) => no)}::bigint[], ${seals.map((one) => one.event_id)}::bigint[],
      ${seals.map(({ hash }) => Buffer.from(hash))}::bytea[]
    )`.execute(db);
}

/** The next links after one, in their order, with the texts of their events as they are now. */
export async function sealsAfter(db: Db, no: number, limit: number): Promise<SealedEvent[]> {
  const { rows } = await sql<SealedEvent>`
    select seal.no, seal.event_id, seal.hash, case when event.id is null then null else ${eventText} end as text
    from (select * from event_seal where no > ${no} order by no limit ${limit}) as seal
    left join event on event.id = seal.event_id
    order by seal.no`.execute(db);
  return rows;
}

/** One link. */
export async function findSeal(db: Db, no: number): Promise<SealRow | undefined> {
  return db.selectFrom('event_seal').selectAll().where('no', '=', no).executeTakeFirst();
}

/**
 * The first of the events with an id above `after`, of at most `limit` of them, that neither is chained nor waits for it.
 * `upTo`: the last that was looked at; undefined when there were none.
 */
export async function unchainedEvent(
  db: Db,
  after: number,
  limit: number,
): Promise<{ count: number; upTo: number | undefined; event_id: number | undefined }> {
  const { rows } = await sql<{ count: number; up_to: number | null; event_id: number | null }>`
    with here as (select id from event where id > ${after} order by id limit ${limit})
    select count(*)::int as count, max(here.id) as up_to, min(here.id) filter (where seal.event_id is null and here.id not in (
      select event_id from event_unsealed
    )) as event_id
    from here left join event_seal seal on seal.event_id = here.id`.execute(db);
  const { count, up_to, event_id } = rows[0]!;
  return { count, upTo: up_to ?? undefined, event_id: event_id ?? undefined };
}
