import { findSourceList, insertBlobs, type Part, saveSourceList } from '@sluice/catalog';
import { blobRef, putCompressed, readCompressed } from '@sluice/storage';
import type { AdmitDeps, Guard } from './deps.ts';

/** A list of hundreds of thousands of names packs well, and is read more often than written. */
const level = 6;
const chunkNames = 4096;

/**
 * All the names an upstream lists become the list of a part: one a line, in byte order of their normalised spelling, which stands
 * first, behind a tab the name as written where it is another.
 *
 * @param names each once, in that order.
 * @returns whether the list is another than before.
 */
export async function admitProjectList(
  deps: AdmitDeps,
  input: {
    part: Part;
    names: readonly { normalised: string; written: string }[];
    /** The digest of the list before, if there was one. */
    before: Uint8Array | undefined;
    etag: string | null;
    lastModified: string | null;
    guard?: Guard | undefined;
  },
): Promise<boolean> {
  const { part, names, before } = input;
  const bytes = names.reduce((sum, name) => sum + Buffer.byteLength(lineOf(name)), 0);
  const blob = await putCompressed(deps.storage, { chunks: chunksOf(names), bytes }, level);
  await deps.db.transaction().execute(async (trx) => {
    await insertBlobs(trx, [blob], deps.now());
    await saveSourceList(trx, part, {
      blob: blob.sha256,
      unpacked_bytes: bytes,
      names: names.length,
      etag: input.etag,
      last_modified: input.lastModified,
      checked_at: deps.now(),
    });
    await input.guard?.(trx);
  });
  return !before || Buffer.compare(before, blob.sha256) !== 0;
}

/** The normalised names of a part's list, in byte order; none when there is no list. For lists that are not large. */
export async function readNameList({ db, storage }: Pick<AdmitDeps, 'db' | 'storage'>, part: Part): Promise<string[]> {
  const list = await findSourceList(db, part);
  if (!list) return [];
  const text = Buffer.from(await readCompressed(storage, blobRef(list), list.unpacked_bytes)).toString();
  return text.split('\n').flatMap((line) => (line === '' ? [] : line.split('\t', 1)));
}

function* chunksOf(names: readonly { normalised: string; written: string }[]): Generator<Uint8Array> {
  for (let at = 0; at < names.length; at += chunkNames) {
    yield Buffer.from(
      names
        .slice(at, at + chunkNames)
        .map(lineOf)
        .join(''),
    );
  }
}

function lineOf({ normalised, written }: { normalised: string; written: string }): string {
  return normalised === written ? `${normalised}\n` : `${normalised}\t${written}\n`;
}
