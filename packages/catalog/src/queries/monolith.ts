import { packageTypeOf, pythonPart } from '@sluice/formats/package';
import { type Expression, sql } from 'kysely';
import pg from 'pg';
import type { Db } from '../session.ts';
import type { PublicationInput } from '../tables.ts';
import type { BlobRow } from './blob.ts';
import { liveAt } from './listed-version.ts';
import { fileEnds, type Part } from './record.ts';

/** What a publication was made of, as far as its documents can be made again from it. */
export interface PublicationSource {
  no: number;
  created_at: Date;
  inputs: PublicationInput[];
  patch_rev: number;
  /** Package files in all. */
  files: number;
}

/** A kept publication of a channel; `stay` keeps it from being removed until the transaction ends. */
export async function findPublicationSource(
  db: Db,
  channelId: number,
  no: number,
  stay = false,
): Promise<PublicationSource | undefined> {
  const query = db
    .selectFrom('publication')
    .select(['no', 'created_at', 'inputs', 'patch_rev', 'files'])
    .where('channel_id', '=', channelId)
    .where('no', '=', no);
  return (stay ? query.forKeyShare() : query).executeTakeFirst();
}

/** A subdir of a publication. `no`: the publication that last changed it, and the number of its documents. */
export interface PublishedSubdir {
  subdir: string;
  no: number;
  /** Whether its documents are written: its main one, since others of that number may outlive it. */
  written: boolean;
}

/** The subdirs of which publication `no` lists anything, in byte order. */
export async function publishedSubdirs(db: Db, channelId: number, no: number): Promise<PublishedSubdir[]> {
  const { rows } = await sql<PublishedSubdir>`
    select subdir, live.no, exists (
      select from monolith
      where channel_id = ${channelId} and monolith.no = live.no and ${isMainDocument(sql.ref('subdir'))}
    ) as written
    from (${liveIndexes(channelId, no)}) as live order by subdir`.execute(db);
  return rows;
}

function liveIndexes(channelId: number, no: number) {
  return sql`
    select split_part(key, '/', 1) as subdir, from_no as no from entry
    where channel_id = ${channelId} and kind = 'index' and ${liveAt(no)}`;
}

/** What the shards of a subdir hold in sum. */
export interface ShardTotals {
  /** Shards of a version that did not note what is in them; the sums leave them out. */
  uncounted: number;
  /** Records in packages, packages.conda, v3.conda, v3.tar.bz2. */
  buckets: number[];
  /** What their members take in repodata.json, a comma after each. */
  bytes: number;
}

/** Sum up the shards of a subdir that publication `no` lists. */
export async function shardTotals(db: Db, channelId: number, subdir: string, no: number): Promise<ShardTotals> {
  const { rows } = await sql<{ uncounted: number; counts: number[]; bytes: string }>`
    select (count(*) filter (where signature is null or buckets is null))::int as uncounted,
      array[${sql.join([1, 2, 3, 4].map((i) => sql`coalesce(sum(buckets[${sql.lit(i)}]), 0)::int`))}] as counts,
      coalesce(sum(bytes), 0) as bytes
    from entry where ${liveShards(channelId, subdir, no)}`.execute(db);
  const { uncounted, counts, bytes } = rows[0]!;
  return { uncounted, buckets: counts, bytes: Number(bytes) };
}

/** The COPY command that reads the signatures of these shards: one column. */
export function copySignatures(channelId: number, subdir: string, no: number): string {
  return `copy (select signature from entry where ${liveShardsText(channelId, subdir, no)}) to stdout (format binary)`;
}

/** Documents of a part as they were written for an earlier publication. */
interface EarlierDocuments {
  /** The publication that had brought them. */
  no: number;
  rows: (BlobRow & { key: string })[];
}

/** The newest documents of a part that were written for a publication before `no`; undefined when there are none. */
export async function documentsBefore(
  db: Db,
  channelId: number,
  part: string,
  no: number,
): Promise<EarlierDocuments | undefined> {
  const { rows } = await sql<BlobRow & { key: string; no: number }>`
    select monolith.key, monolith.no, blob.sha256, blob.size, blob.pack, blob.pack_offset
    from monolith join blob on blob.sha256 = monolith.blob
    where channel_id = ${channelId} and starts_with(key, ${`${part}/`}) and no = (
      select max(before.no) from monolith as before
      where before.channel_id = ${channelId} and before.key = ${mainDocument(part) ?? null} and before.no < ${no}
    )`.execute(db);
  return rows[0] && { no: rows[0].no, rows };
}

function liveShards(channelId: number, subdir: string, no: number) {
  return sql.raw(liveShardsText(channelId, subdir, no));
}

function liveShardsText(channelId: number, subdir: string, no: number): string {
  // A range, since '0' is what follows '/': so it is found by the key.
  const [from, to] = [`${subdir}/`, `${subdir}0`].map((key) => pg.escapeLiteral(key));
  return `channel_id = ${Number(channelId)} and kind = 'shard' and key >= ${from} and key < ${to}
    and from_no <= ${Number(no)} and (to_no is null or to_no > ${Number(no)})`;
}

/** Which records of a part stand in one map of an index: by the end of their file names, such as `.conda`, and by `v3`. */
export interface RecordMap {
  ending: string;
  v3: boolean;
}

/**
 * The COPY command that reads the live records of several parts that stand in one map, in byte order of their keys there
 * (file names; for v3 without their ending): columns file, body, extra, part, its place in `parts` from 0,
 * and signatures.
 */
export function copyRecordsOfMap(parts: readonly (Part & { revision: number })[], { ending, v3 }: RecordMap): string {
  const key = v3 ? `left(file, -${ending.length})` : 'file';
  const live = parts.map(
    ({ source_id, subdir, revision }, i) => `
      select ${key} as key, file, body, extra, ${i} as part, signatures from record
      where source_id = ${Number(source_id)} and subdir = ${pg.escapeLiteral(subdir)}
        and from_rev <= ${Number(revision)} and (to_rev is null or to_rev > ${Number(revision)})
        and ${v3 ? `${fileEnds(ending)} and v3` : fileEnds(ending, 'not v3')}`,
  );
  return `copy (
    select file, body, extra, part, signatures from (${live.join(' union all ')}) as live order by key
  ) to stdout (format binary)`;
}

/** Whether any record of these sources in a subdir is signed, of any revision. */
export async function hasSignatures(db: Db, subdir: string, sourceIds: readonly number[]): Promise<boolean> {
  const { rows } = await sql`
    select from record
    where source_id = any(${[...sourceIds]}::int[]) and subdir = ${subdir} and signatures is not null limit 1`.execute(
    db,
  );
  return rows.length > 0;
}

/** A document to be noted. `no`: the publication that last changed what it is made of. */
export interface MonolithRow {
  key: string;
  no: number;
  blob: Uint8Array;
}

/**
 * Note written documents; the blobs must be known. One that is there already is the same and stays, unless they are written `again`.
 *
 * @param times `created`: of their publication; `written`: now.
 */
export async function insertMonolith(
  db: Db,
  channelId: number,
  rows: readonly MonolithRow[],
  { created, written, again = false }: { created: Date; written: Date; again?: boolean },
): Promise<void> {
  const same = { channel_id: channelId, created_at: created, written_at: written };
  await db
    .insertInto('monolith')
    .values(rows.map((row) => ({ ...row, blob: Buffer.from(row.blob), ...same })))
    .onConflict((conflict) =>
      again
        ? conflict.columns(['channel_id', 'key', 'no']).doUpdateSet(({ ref }) => ({ blob: ref('excluded.blob') }))
        : conflict.doNothing(),
    )
    .execute();
}

/** Let the head of a channel serve the documents of publication `no`. */
export async function moveMonolith(db: Db, channelId: number, no: number): Promise<void> {
  await db.updateTable('channel').set({ monolith_no: no }).where('id', '=', channelId).execute();
}

/** A served file of an index. `no`: the publication that brought it; `created_at`: when that was, or a later one with it. */
export interface DocumentRow extends BlobRow {
  key: string;
  kind: 'index' | 'document';
  no: number;
  created_at: Date;
}

/** The index files of one publication. */
export interface PublishedDocuments {
  rows: DocumentRow[];
  /** Keys of documents that belong to it and are not written: the main one of each part, `channeldata.json.zst`. */
  missing: string[];
}

const mainDocuments = { conda: 'repodata.json.zst', python: 'simple.json.zst', r: 'PACKAGES.zst', file: undefined };

/** The document that a part of a publication always has; a part of general files has none. */
function mainDocument(part: string): string | undefined {
  const name = mainDocuments[packageTypeOf(part)];
  return name && `${part}/${name}`;
}

/** Whether a row of `monolith` is the document that a part always has; for a query. */
export function isMainDocument(part: Expression<string>) {
  const names = Object.values(mainDocuments).filter((name) => name !== undefined);
  return sql`monolith.key in (${sql.join(names.map((name) => sql`${part} || ${`/${name}`}`))})`;
}

/**
 * The index files of publication `no`: shard indexes, and the documents as far as they are written. A subdir of which
 * there is neither row nor missing key lists nothing.
 */
export async function documentsAt(db: Db, channelId: number, no: number): Promise<PublishedDocuments> {
  const rows = [...(await indexesAt(db, channelId, no)), ...(await monolithAt(db, channelId, no))];
  const known = new Set(rows.map((row) => row.key));
  const parts = (await publishedSubdirs(db, channelId, no)).map(({ subdir }) => subdir);
  const isConda = parts.length === 0 || parts.some((part) => packageTypeOf(part) === 'conda');
  const wanted = [...parts.flatMap((part) => mainDocument(part) ?? []), ...(isConda ? ['channeldata.json.zst'] : [])];
  return { rows, missing: wanted.filter((key) => !known.has(key)) };
}

/**
 * The index files that a channel's head serves: the shard indexes of the newest publication, and the documents of the one
 * whose documents are out, all of one number.
 */
export async function headDocuments(db: Db, channelId: number): Promise<DocumentRow[]> {
  const head = await db
    .selectFrom('channel')
    .select(['head_no', 'monolith_no'])
    .where('id', '=', channelId)
    .executeTakeFirst();
  if (!head) return [];
  const rows = [
    ...(await indexesAt(db, channelId, head.head_no)),
    ...(await monolithAt(db, channelId, head.monolith_no)),
  ];
  const list = await headProjectList(db, channelId);
  return list ? [...rows.filter(({ key }) => key !== list.key), { ...list, no: head.head_no }] : rows;
}

/** The list of projects where mirrors know more names than were asked for. */
async function headProjectList(db: Db, channelId: number): Promise<Omit<DocumentRow, 'no'> | undefined> {
  const row = await db
    .selectFrom('project_list')
    .innerJoin('blob', 'blob.sha256', 'project_list.blob')
    .select(['project_list.created_at', 'blob.sha256', 'blob.size', 'blob.pack', 'blob.pack_offset'])
    .where('channel_id', '=', channelId)
    .executeTakeFirst();
  return row && { key: mainDocument(pythonPart)!, kind: 'document', ...row };
}

async function indexesAt(db: Db, channelId: number, no: number): Promise<DocumentRow[]> {
  const { rows } = await sql<DocumentRow>`
    select entry.key, 'index' as kind, entry.from_no as no, publication.created_at,
      blob.sha256, blob.size, blob.pack, blob.pack_offset
    from entry join blob on blob.sha256 = entry.blob
    join publication on publication.channel_id = entry.channel_id and publication.no = (
      select min(later.no) from publication as later
      where later.channel_id = entry.channel_id and later.no >= entry.from_no
    )
    where entry.channel_id = ${channelId} and kind = 'index' and ${liveAt(no)}`.execute(db);
  return rows;
}

async function monolithAt(db: Db, channelId: number, no: number): Promise<DocumentRow[]> {
  const { rows } = await sql<DocumentRow>`
    select monolith.key, 'document' as kind, monolith.no, monolith.created_at,
      blob.sha256, blob.size, blob.pack, blob.pack_offset
    from (${liveIndexes(channelId, no)} union all select null, ${no}::integer) as live
    join monolith on monolith.channel_id = ${channelId} and monolith.no = live.no
      and case when live.subdir is null then strpos(monolith.key, '/') = 0
        else starts_with(monolith.key, live.subdir || '/') end
    join blob on blob.sha256 = monolith.blob`.execute(db);
  return rows;
}
