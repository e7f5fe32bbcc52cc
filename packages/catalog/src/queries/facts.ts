import type { Facts, FactsSources } from '@sluice/policy';
import type { Db } from '../session.ts';
import type { BlobRow } from './blob.ts';
import { liveRecordPages } from './live-records.ts';
import { changedRecords, type Part } from './record.ts';
import { findPart } from './source.ts';

/**
 * What the facts of a part at a revision are made of, for `factsAt` of the policy room.
 *
 * @param read a blob of columns, of so many bytes when unpacked; undefined when they must be built anew.
 */
export async function factsSources(
  db: Db,
  part: Part,
  revision: number,
  read: (blob: BlobRow, unpacked_bytes: number) => Promise<Facts | undefined>,
): Promise<FactsSources> {
  const [found, known] = [await findFacts(db, part, revision), await findPart(db, part)];
  return {
    subdir: part.subdir,
    revision,
    written: found && {
      key: Buffer.from(found.sha256).toString('hex'),
      revision: found.revision,
      read: () => read(found, found.unpacked_bytes),
    },
    lastChange: known?.revision,
    changes: (from) => changedRecords(db, part, from, revision),
    records: () => liveRecordPages(db, part, revision),
  };
}

/** The newest facts columns of a part at or before `revision`, and where their blob lies. */
export async function findFacts(
  db: Db,
  part: Part,
  revision: number,
): Promise<(BlobRow & { revision: number; unpacked_bytes: number }) | undefined> {
  return db
    .selectFrom('facts')
    .innerJoin('blob', 'blob.sha256', 'facts.blob')
    .select(['facts.revision', 'facts.unpacked_bytes', 'blob.sha256', 'blob.size', 'blob.pack', 'blob.pack_offset'])
    .where('facts.source_id', '=', part.source_id)
    .where('facts.subdir', '=', part.subdir)
    .where('facts.revision', '<=', revision)
    .orderBy('facts.revision', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** Say that `blob` holds the facts columns of a part at `revision`, so many bytes when unpacked. */
export async function insertFacts(
  db: Db,
  part: Part,
  revision: number,
  { blob, unpacked_bytes }: { blob: Uint8Array; unpacked_bytes: number },
): Promise<void> {
  await db
    .insertInto('facts')
    .values({ ...part, revision, blob, unpacked_bytes })
    .onConflict((conflict) =>
      conflict.columns(['source_id', 'subdir', 'revision']).doUpdateSet({ blob, unpacked_bytes }),
    )
    .execute();
}
