import {
  changedRecords,
  copyOut,
  copyRecordsOf,
  type PublicationInput,
  type RecordVersion,
  withSession,
} from '@sluice/catalog';
import { bucketOf, type RepodataBucket, repodataBuckets } from '@sluice/formats/conda';
import { recordHash } from '@sluice/policy';
import { rowOf } from '../../names-facts.ts';
import type { MonolithDeps } from '../monolith-deps.ts';
import type { MovedWords } from './moved-words.ts';

/** A record that the later documents list and the earlier ones do not, or not like that. */
export interface FreshRecord {
  bucket: RepodataBucket;
  fn: string;
  body: Uint8Array;
  extra: Uint8Array | null;
}

/** By what the documents of two publications differ in a part. */
export interface MovedRecords {
  /** The file names whose records are not carried over. */
  dropped: ReadonlySet<string>;
  /** In the order of a document. */
  fresh: readonly FreshRecord[];
}

/** Names whose records are read in one command. */
const portion = 1000;

/** What tells a version of a record. */
type Version = Pick<RecordVersion, 'file' | 'body' | 'v3' | 'extra' | 'signatures'>;

/**
 * The records behind words. First among those that changed between the revisions of the two publications, which is where an
 * upstream's change is found; what rules hid or showed since is looked for among all of its package name.
 *
 * @param words are taken out as they are found.
 * @returns undefined when a word's record is not there any more.
 */
export async function movedRecords(
  deps: Pick<MonolithDeps, 'db' | 'pool'>,
  subdir: string,
  inputs: { before: readonly PublicationInput[]; after: readonly PublicationInput[] },
  words: MovedWords,
): Promise<MovedRecords | undefined> {
  const dropped = new Set<string>();
  const fresh: FreshRecord[] = [];
  const look = ({ file, body, v3, extra, signatures }: Version) => {
    const [a, b] = recordHash(file, body, { v3, extra, signatures });
    const word = (BigInt(b) << 32n) | BigInt(a);
    if (words.dropped.delete(word)) dropped.add(file);
    if (!words.fresh.delete(word)) return;
    // A view would keep all that was read with it.
    const copied = { body: Uint8Array.from(body), extra: extra && Uint8Array.from(extra) };
    fresh.push({ bucket: bucketOf(file, v3), fn: file, ...copied });
  };
  const [before, after] = [revisionsOf(inputs.before), revisionsOf(inputs.after)];
  for (const [source_id, revision] of after) {
    const known = before.get(source_id);
    if (known === undefined || known === revision) continue;
    for (const row of await changedRecords(deps.db, { source_id, subdir }, known, revision)) look(row);
  }
  for (const [source_id, revision] of after)
    await lookAtNames(deps, { source_id, subdir }, revision, words.fresh, look);
  for (const [source_id, revision] of before) {
    await lookAtNames(deps, { source_id, subdir }, revision, words.dropped, look);
  }
  if (words.fresh.size + words.dropped.size > 0) return undefined;
  return { dropped, fresh: fresh.sort(inDocumentOrder) };
}

/** The newest revision of each source; what an older one has beside it is found missing, or by the rest. */
function revisionsOf(inputs: readonly PublicationInput[]): Map<number, number> {
  const revisions = new Map<number, number>();
  for (const { source_id, revision } of inputs) {
    revisions.set(source_id, Math.max(revision, revisions.get(source_id) ?? 0));
  }
  return revisions;
}

async function lookAtNames(
  { pool }: Pick<MonolithDeps, 'pool'>,
  part: { source_id: number; subdir: string },
  revision: number,
  words: ReadonlyMap<bigint, string>,
  look: (version: Version) => void,
): Promise<void> {
  const names = [...new Set(words.values())];
  for (let at = 0; at < names.length; at += portion) {
    await withSession(pool, async ({ client }) => {
      const command = copyRecordsOf(part, revision, names.slice(at, at + portion));
      for await (const rows of copyOut(client, command)) {
        for (let i = 0; i < rows.length; i++) look(rowOf(rows, i));
      }
    });
  }
}

function inDocumentOrder(a: FreshRecord, b: FreshRecord): number {
  return repodataBuckets.indexOf(a.bucket) - repodataBuckets.indexOf(b.bucket) || (a.fn < b.fn ? -1 : 1);
}
