import { sql } from 'kysely';
import type { Db } from '../session.ts';

/** A subdir's patch document in force, without its text. `sha256` is that of the text, `bytes` its length. */
export interface PatchRow {
  subdir: string;
  from_rev: number;
  /** Null: in force. */
  to_rev: number | null;
  sha256: Uint8Array;
  bytes: number;
  created_at: Date;
  created_by: string;
}

/** A patch document to be stored; its text is JSON. */
export interface NewPatch {
  subdir: string;
  text: string;
  sha256: Uint8Array;
}

/** The patch documents of a channel that are in force at patch revision `rev`, by subdir. */
export async function patchesInForce(db: Db, channelId: number, rev: number): Promise<PatchRow[]> {
  return db
    .selectFrom('patch')
    .select(['subdir', 'from_rev', 'to_rev', 'sha256', 'bytes', 'created_at', 'created_by'])
    .where('channel_id', '=', channelId)
    .where('from_rev', '<=', rev)
    .where((eb) => eb.or([eb('to_rev', 'is', null), eb('to_rev', '>', rev)]))
    .orderBy('subdir')
    .execute();
}

/** Publications of a channel: the one of that number, without it all that are kept. */
export interface PublicationsOf {
  channelId: number;
  at?: number | undefined;
}

/**
 * The documents of a subdir that publications of its channel were made with, and the one in force, the newest first: at most
 * 100.
 *
 * @param above of a channel on top, which may have been made with others of these documents: its publications outlive those
 *   that they were made from.
 */
export async function publishedPatches(
  db: Db,
  { channelId, at }: PublicationsOf,
  subdir: string,
  above?: PublicationsOf,
): Promise<PatchRow[]> {
  return db
    .selectFrom('patch')
    .select(['subdir', 'from_rev', 'to_rev', 'sha256', 'bytes', 'created_at', 'created_by'])
    .where('channel_id', '=', channelId)
    .where('subdir', '=', subdir)
    .where((eb) =>
      eb.or([
        eb('to_rev', 'is', null),
        eb.exists(
          eb
            .selectFrom('publication')
            .select('no')
            .where('publication.channel_id', '=', channelId)
            .whereRef('publication.patch_rev', '>=', 'patch.from_rev')
            .whereRef('publication.patch_rev', '<', 'patch.to_rev')
            .$if(at !== undefined, (query) => query.where('publication.no', '=', at!)),
        ),
        ...(above ? [usedAbove(channelId, above)] : []),
      ]),
    )
    .orderBy('from_rev', 'desc')
    .limit(100)
    .execute();
}

/** Whether a publication of a channel above was made through this document. */
function usedAbove(channelId: number, above: PublicationsOf) {
  return sql<boolean>`exists (
    select from publication
    cross join jsonb_array_elements(publication.inputs) as input
    cross join jsonb_array_elements(input -> 'patches') as used
    where publication.channel_id = ${above.channelId} and ${above.at === undefined ? sql`true` : sql`publication.no = ${above.at}`}
      and (used ->> 'channel_id')::bigint = ${channelId}
      and (used ->> 'patch_rev')::integer >= patch.from_rev and (used ->> 'patch_rev')::integer < patch.to_rev
  )`;
}

/** The JSON text of a document that another query named. */
export async function readPatch(
  db: Db,
  key: { channel_id: number; subdir: string; from_rev: number },
): Promise<string> {
  const row = await db
    .selectFrom('patch')
    .select('instructions')
    .where('channel_id', '=', key.channel_id)
    .where('subdir', '=', key.subdir)
    .where('from_rev', '=', key.from_rev)
    .executeTakeFirstOrThrow();
  return row.instructions;
}

/**
 * End the documents of `subdirs` and put `patches` in their place, at the channel's next patch revision. The caller holds
 * the channel's row.
 *
 * @returns that revision.
 */
export async function replacePatches(
  db: Db,
  channelId: number,
  change: { subdirs: readonly string[]; patches: readonly NewPatch[]; now: Date; by: string },
): Promise<number> {
  const { patch_rev: rev } = await db
    .updateTable('channel')
    .set((eb) => ({ patch_rev: eb('patch_rev', '+', 1), updated_at: change.now }))
    .where('id', '=', channelId)
    .returning('patch_rev')
    .executeTakeFirstOrThrow();
  await sql`
    update patch set to_rev = ${rev}
    where channel_id = ${channelId} and subdir = any(${change.subdirs}) and to_rev is null`.execute(db);
  for (const { subdir, text, sha256 } of change.patches) {
    await db
      .insertInto('patch')
      .values({
        ...{ channel_id: channelId, subdir, sha256: Buffer.from(sha256), instructions: text },
        ...{ from_rev: rev, to_rev: null, bytes: Buffer.byteLength(text) },
        ...{ created_at: change.now, created_by: change.by },
      })
      .execute();
  }
  return rev;
}
