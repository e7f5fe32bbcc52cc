import { findSourceList, insertBlobs, type Part, saveSourceList } from '@sluice/catalog';
import { blobRef, putCompressed, readCompressed } from '@sluice/storage';
import type { AdmitDeps, Guard } from './deps.ts';

/** A list of hundreds of thousands of names packs well, and is read more often than written. */
const level = 6;
const chunkNames = 4096;

/**
 * All the names an upstream lists become the list of a part.
 *
 * @param input.lines each name once, in byte order of its normalised spelling, which stands first, behind a tab the name as
 *   written where it is another. All of it ASCII.
 */
export async function admitProjectList(
  deps: AdmitDeps,
  input: {
    part: Part;
    lines: readonly string[];
    etag: string | null;
    lastModified: string | null;
    guard?: Guard | undefined;
  },
): Promise<void> {
  const { part, lines } = input;
  const bytes = lines.reduce((sum, line) => sum + line.length + 1, 0);
  const blob = await putCompressed(deps.storage, { chunks: chunksOf(lines), bytes }, level);
  await deps.db.transaction().execute(async (trx) => {
    await insertBlobs(trx, [blob], deps.now());
    await saveSourceList(trx, part, {
      blob: blob.sha256,
      unpacked_bytes: bytes,
      names: lines.length,
      etag: input.etag,
      last_modified: input.lastModified,
      checked_at: deps.now(),
    });
    await input.guard?.(trx);
  });
}

/** The normalised names of a part's list, in byte order; none when there is no list. For lists that are not large. */
export async function readNameList({ db, storage }: Pick<AdmitDeps, 'db' | 'storage'>, part: Part): Promise<string[]> {
  const list = await findSourceList(db, part);
  if (!list) return [];
  const text = Buffer.from(await readCompressed(storage, blobRef(list), list.unpacked_bytes)).toString();
  return text.split('\n').flatMap((line) => (line === '' ? [] : line.split('\t', 1)));
}

function* chunksOf(lines: readonly string[]): Generator<Uint8Array> {
  for (let at = 0; at < lines.length; at += chunkNames) {
    yield Buffer.from(`${lines.slice(at, at + chunkNames).join('\n')}\n`, 'latin1');
  }
}
