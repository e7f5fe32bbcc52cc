import { type Selectable, sql } from 'kysely';
import type { Db } from '../session.ts';
import type { Tables } from '../tables.ts';

type Conflict = Omit<Selectable<Tables['file_conflict']>, 'channel_id' | 'subdir' | 'seen_at'>;

/** What was found of some package names of a channel's subdir. */
export interface FoundConflicts {
  channelId: number;
  subdir: string;
  /** Whether a file is of a name that was looked at; the others stay as they are. */
  isLookedAt(file: string): boolean;
  conflicts: readonly Conflict[];
  now: Date;
}

/** Write down which files mirrors have with different bytes. @returns the files of which that is new, and those it is no longer so of. */
export async function replaceConflicts(
  trx: Db,
  { channelId, subdir, isLookedAt, conflicts: found, now }: FoundConflicts,
): Promise<{ begun: string[]; over: string[] }> {
  const place = { channel_id: channelId, subdir };
  const rows = await trx
    .selectFrom('file_conflict')
    .select(['file', 'shown_mirror_id', 'shown_digest', 'hidden_mirror_id', 'hidden_digest'])
    .where('channel_id', '=', channelId)
    .where('subdir', '=', subdir)
    .execute();
  const keyOf = (row: Conflict) =>
    [row.file, row.hidden_mirror_id, row.shown_mirror_id, row.shown_digest, row.hidden_digest].join('\n');
  const conflicts = await ofPresentMirrors(trx, channelId, found);
  const still = new Set(conflicts.map(keyOf));
  const known = new Set(rows.map(keyOf));
  const gone = rows.filter((row) => isLookedAt(row.file) && !still.has(keyOf(row)));
  const begun = conflicts.filter((row) => !known.has(keyOf(row)));
  if (gone.length > 0) {
    await sql`
      delete from file_conflict using unnest(
        ${gone.map(({ file }) => file)}::text[], ${gone.map((row) => row.hidden_mirror_id)}::uuid[]
      ) as gone(file, mirror_id)
      where channel_id = ${channelId} and subdir = ${subdir}
        and file_conflict.file = gone.file and hidden_mirror_id = gone.mirror_id`.execute(trx);
  }
  for (let at = 0; at < begun.length; at += portion) {
    const values = begun.slice(at, at + portion).map((row) => ({ ...place, ...row, seen_at: now }));
    await trx.insertInto('file_conflict').values(values).execute();
  }
  const filesOf = (some: readonly Conflict[]) => [...new Set(some.map(({ file }) => file))];
  const other = new Set(begun.map(({ file }) => file));
  return { begun: filesOf(begun), over: filesOf(gone).filter((file) => !other.has(file)) };
}

/** Without those of mirrors that were deleted while the channel was judged. The others stay until the transaction ends. */
async function ofPresentMirrors(trx: Db, channelId: number, found: readonly Conflict[]): Promise<readonly Conflict[]> {
  if (found.length === 0) return found;
  const mirrors = await trx
    .selectFrom('mirror')
    .select('id')
    .where('channel_id', '=', channelId)
    .orderBy('id')
    .forKeyShare()
    .execute();
  const present = new Set(mirrors.map(({ id }) => id));
  return found.filter((row) => present.has(row.shown_mirror_id) && present.has(row.hidden_mirror_id));
}

const portion = 1000;

export interface ConflictRow extends Conflict {
  subdir: string;
  seen_at: Date;
  shown_mirror: string;
  hidden_mirror: string;
}

/** One page of a channel's conflicts, in byte order of subdirs and files, with the names of the mirrors. */
export async function listConflicts(
  db: Db,
  channelId: number,
  page: { limit: number; offset: number },
): Promise<{ rows: ConflictRow[]; total_count: number }> {
  const own = db.selectFrom('file_conflict').where('file_conflict.channel_id', '=', channelId);
  const rows = await own
    .innerJoin('mirror as shown', 'shown.id', 'shown_mirror_id')
    .innerJoin('mirror as hidden', 'hidden.id', 'hidden_mirror_id')
    .select(['subdir', 'file', 'shown_mirror_id', 'shown_digest', 'hidden_mirror_id', 'hidden_digest', 'seen_at'])
    .select(['shown.name as shown_mirror', 'hidden.name as hidden_mirror'])
    .orderBy('subdir')
    .orderBy('file')
    .orderBy('hidden.position')
    .limit(page.limit)
    .offset(page.offset)
    .execute();
  const count = await own.select((eb) => eb.fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
  return { rows, total_count: Number(count.n) };
}

/** How many files a mirror has with other bytes than another of its channel, on either side. */
export async function countConflicts(db: Db, mirrorId: string): Promise<number> {
  const { n } = await db
    .selectFrom('file_conflict')
    .where((eb) => eb.or([eb('shown_mirror_id', '=', mirrorId), eb('hidden_mirror_id', '=', mirrorId)]))
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow();
  return Number(n);
}
