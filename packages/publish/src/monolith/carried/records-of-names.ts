import { copyOut, copyRecordsOf, type PublicationInput, type RecordVersion, withSession } from '@sluice/catalog';
import { recordHash } from '@sluice/policy';
import { rowOf } from '../../names-facts.ts';
import type { MonolithDeps } from '../monolith-deps.ts';

/** What tells a version of a record. */
export type Version = Pick<RecordVersion, 'file' | 'body' | 'v3' | 'extra' | 'signatures'>;

/** The two halves of a version's word in signatures. */
export function halvesOf({ file, body, v3, extra, signatures }: Version): [a: number, b: number] {
  return recordHash(file, body, { v3, extra, signatures });
}

/** Names whose records are read in one command. */
const portion = 1000;

/**
 * Look at all records that a publication's sources have of some package names in a subdir; a text is only valid while it is
 * looked at. Of a source it is the newest of its revisions.
 */
export async function lookAtNames(
  { pool }: Pick<MonolithDeps, 'pool'>,
  inputs: readonly PublicationInput[],
  { subdir, names: wanted }: { subdir: string; names: () => Iterable<string> },
  look: (version: Version) => void,
): Promise<void> {
  for (const [source_id, revision] of revisionsOf(inputs)) {
    const names = [...new Set(wanted())];
    for (let at = 0; at < names.length; at += portion) {
      await withSession(pool, async ({ client }) => {
        const command = copyRecordsOf({ source_id, subdir }, revision, names.slice(at, at + portion));
        for await (const rows of copyOut(client, command)) {
          for (let i = 0; i < rows.length; i++) look(rowOf(rows, i));
          rows.release();
        }
      });
    }
  }
}

/** The newest revision of each source; what an older one has beside it is found missing, or by the rest. */
export function revisionsOf(inputs: readonly PublicationInput[]): Map<number, number> {
  const revisions = new Map<number, number>();
  for (const { source_id, revision } of inputs) {
    revisions.set(source_id, Math.max(revision, revisions.get(source_id) ?? 0));
  }
  return revisions;
}
