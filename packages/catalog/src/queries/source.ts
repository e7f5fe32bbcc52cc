import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { Tables } from '../tables.ts';
import type { Part } from './record.ts';
import type { PartOrigin } from './source-part.ts';

export type SourceRow = Selectable<Tables['source']>;
export type SourcePartRow = Selectable<Tables['source_part']>;

/**
 * What makes a source the one it is. `url` and `proxy` hold no secrets; `credential` is sealed, `credential_key` a keyed hash of it.
 * `ca`: PEM certificates that its server is checked against beside the known ones, `ca_key` their digest.
 */
export interface SourceKey {
  type: string;
  url: string;
  proxy: string | null;
  credential: Uint8Array | null;
  credential_key: Uint8Array | null;
  ca: string | null;
  ca_key: Uint8Array | null;
}

/** The source with this key, made if nobody had it yet. Two callers at once get the same one. */
export async function findOrCreateSource(db: Db, key: SourceKey, now: Date): Promise<SourceRow> {
  await db
    .insertInto('source')
    .values({ ...key, channel_id: null, created_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const row = await findSourceByKey(db, key);
  return row!;
}

/** The source with this key, if anybody has it. */
export async function findSourceByKey(db: Db, key: SourceKey): Promise<SourceRow | undefined> {
  return db
    .selectFrom('source')
    .selectAll()
    .where('type', '=', key.type)
    .where('url', '=', key.url)
    .where(sql<boolean>`proxy is not distinct from ${key.proxy}`)
    .where(sql<boolean>`credential_key is not distinct from ${key.credential_key}::bytea`)
    .where(sql<boolean>`ca_key is not distinct from ${key.ca_key}::bytea`)
    .executeTakeFirst();
}

/** A source by its number. */
export async function findSource(db: Db, id: number): Promise<SourceRow | undefined> {
  return db.selectFrom('source').selectAll().where('id', '=', id).executeTakeFirst();
}

/** What is known of the parts of a source, in byte order of their subdirs. */
export async function sourceParts(db: Db, sourceId: number): Promise<SourcePartRow[]> {
  return db.selectFrom('source_part').selectAll().where('source_id', '=', sourceId).orderBy('subdir').execute();
}

/** What is known of one part. */
export async function findPart(db: Db, part: Part): Promise<SourcePartRow | undefined> {
  return db
    .selectFrom('source_part')
    .selectAll()
    .where('source_id', '=', part.source_id)
    .where('subdir', '=', part.subdir)
    .executeTakeFirst();
}

/** Since when an upstream has been known not to have something it was asked for; null when it has it. */
export interface PartAbsences {
  zst_absent_at: Date | null;
  shards_absent_at: Date | null;
  run_exports_absent_at: Date | null;
}

/** Note that the upstream was asked, and had nothing new; `noted`: what it turned out to lack, and new validators of it. */
export async function touchPart(
  db: Db,
  part: Part,
  now: Date,
  noted: Partial<PartAbsences & PartOrigin> = {},
): Promise<void> {
  await db
    .updateTable('source_part')
    .set({ checked_at: now, ...noted })
    .where('source_id', '=', part.source_id)
    .where('subdir', '=', part.subdir)
    .execute();
}
