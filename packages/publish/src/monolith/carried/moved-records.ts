import { copyChangedRecords, copyOut, type PublicationInput, withSession } from '@sluice/catalog';
import { bucketOf, type RepodataBucket } from '@sluice/formats/conda';
import { rowOf } from '../../names-facts.ts';
import type { MonolithDeps } from '../monolith-deps.ts';
import type { MovedWords } from './moved-words.ts';
import { halvesOf, lookAtNames, revisionsOf, type Version } from './records-of-names.ts';

/** A record that the later documents list and the earlier ones do not, or not like that. */
export interface FreshRecord {
  bucket: RepodataBucket;
  fn: string;
  body: Uint8Array;
  extra: Uint8Array | null;
}

/** By what the documents of two publications differ in a part. */
export interface MovedRecords {
  /** By file name, what is not carried over: how many bytes its run exports take, null where it has none. */
  dropped: ReadonlyMap<string, number | null>;
  fresh: readonly FreshRecord[];
}

/**
 * The records behind words. First among those that changed between the revisions of the two publications, which is where an
 * upstream's change is found; what rules hid or showed since is looked for among all of its package name.
 *
 * @param words are taken out as they are found.
 * @returns undefined when a word's record is not there any more.
 */
export async function movedRecords(
  deps: Pick<MonolithDeps, 'pool'>,
  subdir: string,
  inputs: { before: readonly PublicationInput[]; after: readonly PublicationInput[] },
  words: MovedWords,
): Promise<MovedRecords | undefined> {
  const dropped = new Map<string, number | null>();
  const fresh: FreshRecord[] = [];
  const look = (version: Version) => {
    const { file, body, v3, extra } = version;
    const [a, b] = halvesOf(version);
    const word = (BigInt(b) << 32n) | BigInt(a);
    if (words.dropped.delete(word)) dropped.set(file, extra?.byteLength ?? null);
    if (!words.fresh.delete(word)) return;
    // A view would keep all that was read with it.
    const copied = { body: Uint8Array.from(body), extra: extra && Uint8Array.from(extra) };
    fresh.push({ bucket: bucketOf(file, v3), fn: file, ...copied });
  };
  const [before, after] = [revisionsOf(inputs.before), revisionsOf(inputs.after)];
  for (const [source_id, revision] of after) {
    const known = before.get(source_id);
    if (known === undefined || known === revision) continue;
    await withSession(deps.pool, async ({ client }) => {
      for await (const rows of copyOut(client, copyChangedRecords({ source_id, subdir }, known, revision))) {
        for (let i = 0; i < rows.length; i++) look(rowOf(rows, i));
        rows.release();
      }
    });
  }
  await lookAtNames(deps, inputs.after, { subdir, names: () => words.fresh.values() }, look);
  await lookAtNames(deps, inputs.before, { subdir, names: () => words.dropped.values() }, look);
  if (words.fresh.size + words.dropped.size > 0) return undefined;
  return { dropped, fresh };
}
