import { compareLineKeys } from '@sluice/formats/bundle';
import { sql } from 'kysely';
import pg from 'pg';
import type { Db } from '../session.ts';
import type { CompanionKind } from '../tables.ts';
import type { BlobRow } from './blob.ts';
import type { BundleRow } from './bundle.ts';
import { eachByItself, type Part } from './record.ts';

/** The next serial of a series: a number is given out once. */
export async function nextBundleSerial(trx: Db, series: string): Promise<number> {
  const row = await trx
    .insertInto('bundle_series')
    .values({ series, last_serial: 1 })
    .onConflict((conflict) =>
      conflict.column('series').doUpdateSet({ last_serial: sql`bundle_series.last_serial + 1` }),
    )
    .returning('last_serial')
    .executeTakeFirstOrThrow();
  return row.last_serial;
}

function madeHere(db: Db, series: string) {
  return db.selectFrom('bundle').selectAll().where('direction', '=', 'out').where('series', '=', series);
}

/** A bundle that was made here and whose listing is still known: that of `serial`, else the newest of its series. */
export async function findBundleBase(db: Db, series: string, serial?: number): Promise<BundleRow | undefined> {
  return madeHere(db, series)
    .where('state', '=', 'completed')
    .where('contents', 'is not', null)
    .$if(serial !== undefined, (query) => query.where('serial', '=', serial!))
    .orderBy('serial', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** Completed bundles of a series that were made here, older than its newest `keep`. */
export async function olderBundles(db: Db, series: string, keep: number): Promise<BundleRow[]> {
  return madeHere(db, series).where('state', '=', 'completed').orderBy('serial', 'desc').offset(keep).execute();
}

/** Bundles of a series that were begun here before `serial`, and failed or were stopped. */
export async function brokenBundles(db: Db, series: string, serial: number): Promise<BundleRow[]> {
  return madeHere(db, series).where('serial', '<', serial).where('state', 'in', ['failed', 'stopped']).execute();
}

/** Keep publications while a bundle is made from them. They must be there, and locked against removal. */
export async function holdPublicationsFor(
  trx: Db,
  bundleId: string,
  held: readonly { channel_id: number; no: number }[],
): Promise<void> {
  if (held.length === 0) return;
  await trx
    .insertInto('bundle_publication')
    .values(held.map((one) => ({ bundle_id: bundleId, ...one })))
    .execute();
}

/** Let go of them. */
export async function releasePublicationsOf(trx: Db, bundleId: string): Promise<void> {
  await trx.deleteFrom('bundle_publication').where('bundle_id', '=', bundleId).execute();
}

/** A blob that a bundle carries: in which member of which part, and in what order. */
export interface BundledBlob {
  blob: Uint8Array;
  /** Empty: `blobs/<sha256>`. */
  member: string;
  part: number | null;
  position: number | null;
}

/** Note blobs of a bundle; those noted already get their new place. */
export async function saveBundleBlobs(trx: Db, bundleId: string, blobs: readonly BundledBlob[]): Promise<void> {
  for (let at = 0; at < blobs.length; at += 10_000) {
    const rows = blobs.slice(at, at + 10_000);
    await sql`
      insert into bundle_blob (bundle_id, blob, member, part, position)
      select ${bundleId}, blob, member, part, position from unnest(
        ${rows.map(({ blob }) => Buffer.from(blob))}::bytea[], ${rows.map(({ member }) => member)}::text[],
        ${rows.map(({ part }) => part)}::int[], ${rows.map(({ position }) => position)}::int[]
      ) as row(blob, member, part, position)
      on conflict (bundle_id, blob, member) do update set part = excluded.part, position = excluded.position`.execute(
      trx,
    );
  }
}

/** The state file of the far side that a bundle goes by, if any. */
export async function findBundleState(db: Db, bundleId: string): Promise<BlobRow | undefined> {
  return db
    .selectFrom('bundle_blob')
    .innerJoin('blob', 'blob.sha256', 'bundle_blob.blob')
    .select(['blob.sha256', 'blob.size', 'blob.pack', 'blob.pack_offset'])
    .where('bundle_id', '=', bundleId)
    .where('member', '=', 'state')
    .executeTakeFirst();
}

/** Forget which blobs a bundle carried. */
export async function forgetBundleBlobs(trx: Db, bundleId: string): Promise<void> {
  await trx.deleteFrom('bundle_blob').where('bundle_id', '=', bundleId).execute();
}

/**
 * The COPY command that reads the live records of several sources in one part, from after the file `after`, in byte order of their
 * files, where `ranges` are given only those whose keys lie in one of them: columns file, from_rev, body, v3, extra, signatures, and part, its place in `parts` from 0.
 */
export function copyVersionsAfter(
  parts: readonly (Part & { revision: number })[],
  after: string,
  ranges?: readonly (readonly [from: string, to: string])[],
): string {
  const live = parts.map(
    ({ source_id, subdir, revision }, i) => `
      select file, from_rev, body, v3, extra, signatures, ${i} as part from record
      where source_id = ${Number(source_id)} and subdir = ${pg.escapeLiteral(subdir)} and file > ${pg.escapeLiteral(after)}
        and from_rev <= ${Number(revision)} and (to_rev is null or to_rev > ${Number(revision)})`,
  );
  const found = ranges ? live.map((records) => withinRanges(records, apart(ranges))) : live;
  return `copy (
    select file, from_rev, body, v3, extra, signatures, part from (${found.join(' union all ')}) as live order by file, part
  ) to stdout (format binary)`;
}

/** Of records those whose files lie in one of the ranges. */
function withinRanges(records: string, ranges: readonly (readonly [from: string, to: string])[]): string {
  const texts = (bound: 0 | 1) => `array[${ranges.map((range) => pg.escapeLiteral(range[bound]))}]::text[]`;
  return `
    select found.* from unnest(${texts(0)}, ${texts(1)}) as wished(low, high)
    cross join lateral (${records} and file >= wished.low and file < wished.high ${eachByItself}) as found`;
}

/** Without those that lie within another, so that nothing is read twice. Ranges of names lie within each other or apart. */
function apart(ranges: readonly (readonly [from: string, to: string])[]): (readonly [from: string, to: string])[] {
  let end = '';
  return ranges
    .toSorted(([a], [b]) => compareLineKeys(a, b))
    .filter(([, to]) => {
      if (compareLineKeys(to, end) <= 0) return false;
      end = to;
      return true;
    });
}

/** A version of a file, and the digest its record gives, if any. */
export interface VersionWanted {
  source_id: number;
  file: string;
  from_rev: number;
  sha256: Uint8Array | undefined;
}

/** Where the bytes of versions of files lie; undefined for those whose bytes are not here. In the order given. */
export async function versionBlobs(
  db: Db,
  subdir: string,
  versions: readonly VersionWanted[],
): Promise<({ sha256: Buffer; size: number } | undefined)[]> {
  const { rows } = await sql<{ n: number; sha256: Buffer; size: number }>`
    select wanted.n::int, blob.sha256, blob.size from ${wantedVersions(versions)}
    left join record_digest as digest on wanted.sha256 is null and digest.source_id = wanted.source_id
      and digest.subdir = ${subdir} and digest.file = wanted.file and digest.from_rev = wanted.from_rev
    join blob on blob.sha256 = coalesce(wanted.sha256, digest.sha256)`.execute(db);
  const found = new Map(rows.map(({ n, sha256, size }) => [n, { sha256, size }]));
  return versions.map((_, i) => found.get(i + 1));
}

/** What stands beside a version of a file: its place in the list asked for, and where the bytes lie. */
export interface FoundCompanion {
  index: number;
  kind: CompanionKind;
  sha256: Buffer;
  size: number;
}

/** What stands beside versions of files, by their place in `versions`, then by kind. */
export async function companionsOfVersions(
  db: Db,
  subdir: string,
  versions: readonly VersionWanted[],
): Promise<FoundCompanion[]> {
  const { rows } = await sql<FoundCompanion>`
    select (wanted.n - 1)::int as index, beside.kind, blob.sha256, blob.size from ${wantedVersions(versions)}
    join record_companion as beside on beside.source_id = wanted.source_id and beside.subdir = ${subdir}
      and beside.file = wanted.file and beside.from_rev = wanted.from_rev
    join blob on blob.sha256 = beside.blob
    order by wanted.n, beside.kind`.execute(db);
  return rows;
}

function wantedVersions(versions: readonly VersionWanted[]) {
  return sql`unnest(
    ${versions.map(({ source_id }) => source_id)}::int[], ${versions.map(({ file }) => file)}::text[],
    ${versions.map(({ from_rev }) => from_rev)}::int[],
    ${versions.map(({ sha256 }) => (sha256 ? Buffer.from(sha256) : null))}::bytea[]
  ) with ordinality as wanted(source_id, file, from_rev, sha256, n)`;
}
