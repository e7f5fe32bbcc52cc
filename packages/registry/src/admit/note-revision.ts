import {
  type Db,
  insertRevision,
  type Part,
  type RecordVersion,
  type RevisionBy,
  recordsTurning,
} from '@sluice/catalog';
import { recordHash } from '@sluice/policy';
import { type ChangeSet, changeSet, digestOfAll } from './change-set.ts';

type Listed = Pick<RecordVersion, 'file' | 'body' | 'v3' | 'extra'> & { signatures?: Uint8Array | null };

/** What somebody's deed changes in one part: the versions that begin and those that end. */
export interface PartChange {
  subdir: string;
  begun: readonly Listed[];
  ended: readonly Listed[];
}

/** Write down how a source comes to a revision by a few records, in the transaction that brings it there. */
export async function noteRevision(
  db: Db,
  at: { source_id: number; revision: number; at: Date },
  by: RevisionBy,
  parts: readonly PartChange[],
): Promise<void> {
  const counts = { added: 0, changed: 0, removed: 0 };
  const digests = parts.map(({ subdir, begun, ended }) => {
    const set = changeSet(begun.length);
    addWords(set.begin, begun);
    addWords(set.end, ended);
    const again = new Set(ended.map(({ file }) => file));
    const changed = begun.filter(({ file }) => again.has(file)).length;
    counts.added += begun.length - changed;
    counts.changed += changed;
    counts.removed += ended.length - changed;
    return set.digest(subdir);
  });
  await insertRevision(db, at, by, { ...counts, sha256: digestOfAll(digests) });
}

function addWords(add: ChangeSet['begin'], records: readonly Listed[]): void {
  for (const { file, body, ...listed } of records) add(recordHash(file, body, listed));
}

/** The digest of what changed in a part at a revision, read from its records: for changes that were made in the database itself. */
export async function digestAt(db: Db, part: Part, revision: number): Promise<Uint8Array> {
  const set = changeSet();
  for await (const page of recordsTurning(db, part, 'from_rev', revision)) addWords(set.begin, page);
  for await (const page of recordsTurning(db, part, 'to_rev', revision)) addWords(set.end, page);
  return set.digest(part.subdir);
}
