import { sql } from 'kysely';
import type { Db } from '../session.ts';

/** Who deleted an uploaded file, and when. */
export interface FileRemoval {
  actor: string;
  at: Date;
}

/** Who deleted files of a package name from a channel's uploads last: by the key `<subdir>/<file>` of each that was. */
export async function findRemovals(
  db: Db,
  channelId: number,
  files: readonly { key: string; name: string }[],
): Promise<Map<string, FileRemoval>> {
  const { rows } = await sql<{ key: string } & FileRemoval>`
    select wanted.key, removal.actor, removal.at
    from unnest(${files.map(({ key }) => key)}::text[], ${files.map(({ name }) => name)}::text[]) as wanted(key, name)
    join channel on channel.id = ${channelId}
    cross join lateral (
      select actor, at from event
      where event.channel = channel.path and action = 'artifact_removed' and at >= channel.created_at
        and (subject = wanted.key or (subject = wanted.name and data -> 'ckeys' ? wanted.key))
      order by event.id desc limit 1
    ) as removal`.execute(db);
  return new Map(rows.map(({ key, actor, at }) => [key, { actor, at }]));
}
