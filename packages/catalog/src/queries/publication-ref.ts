import { sql } from 'kysely';
import type { Db } from '../session.ts';

/** Number and time of a publication that is kept. */
export interface PublicationTime {
  no: number;
  created_at: Date;
}

/** A kept publication by its number, or the one that the channel's head points at. */
export async function findPublicationTime(
  db: Db,
  channelId: number,
  no: number | 'head',
): Promise<PublicationTime | undefined> {
  const { rows } = await sql<PublicationTime>`
    select no, created_at from publication
    where channel_id = ${channelId}
      and no = ${no === 'head' ? sql`(select head_no from channel where id = ${channelId})` : no}`.execute(db);
  return rows[0];
}

/**
 * The newest kept publication that was made before an instant. By number, which is the order they were made in; a clock may
 * have been set back between two.
 */
export async function findPublicationBefore(
  db: Db,
  channelId: number,
  instant: Date,
): Promise<PublicationTime | undefined> {
  const { rows } = await sql<PublicationTime>`
    select no, created_at from publication
    where channel_id = ${channelId} and created_at < ${instant} order by no desc limit 1`.execute(db);
  return rows[0];
}

/** The publication that is pinned under a name. */
export async function findPublicationByPin(
  db: Db,
  channelId: number,
  name: string,
): Promise<PublicationTime | undefined> {
  const { rows } = await sql<PublicationTime>`
    select publication.no, publication.created_at
    from pin join publication on publication.channel_id = pin.channel_id and publication.no = pin.no
    where pin.channel_id = ${channelId} and pin.name = ${name}`.execute(db);
  return rows[0];
}

/** The kept publications next to a number: the last before it and the first after it, as far as there are any. */
export async function nearestPublications(db: Db, channelId: number, no: number): Promise<PublicationTime[]> {
  const { rows } = await sql<PublicationTime>`
    (select no, created_at from publication where channel_id = ${channelId} and no < ${no} order by no desc limit 1)
    union all
    (select no, created_at from publication where channel_id = ${channelId} and no > ${no} order by no limit 1)`.execute(
    db,
  );
  return rows;
}
