import { createHash } from 'node:crypto';
import { type BlobRow, documentsAt, type ListedEntry, listedEntries } from '@sluice/catalog';
import { bytesToHex } from '@sluice/formats/digest';
import { type BlobStore, blobRef, isLoss, readChecked } from '@sluice/storage';
import type { PublishDeps } from './deps.ts';

/** Entries looked at together. */
const portion = 1000;
/** Blobs read at once. */
const atOnce = 16;

/**
 * The shards and indexes of a publication whose bytes are gone, cut or others than they were, by their digests in hex. Reads all of
 * them, so only for a channel that is made anew.
 */
export async function unsoundEntries(
  { db, storage }: Pick<PublishDeps, 'db' | 'storage'>,
  channelId: number,
  no: number,
): Promise<Set<string>> {
  const unsound = new Set<string>();
  for (const kind of ['shard', 'index'] as const) {
    let page: ListedEntry[];
    for (let after = ''; ; after = page.at(-1)!.key) {
      page = await listedEntries(db, channelId, { kind, no }, after, portion);
      for (const blob of await unsoundOf(storage, page)) unsound.add(bytesToHex(blob.sha256));
      if (page.length < portion) break;
    }
  }
  return unsound;
}

/** The keys of the documents of a publication that are so. */
export async function unsoundDocuments(
  { db, storage }: Pick<PublishDeps, 'db' | 'storage'>,
  channelId: number,
  no: number,
): Promise<string[]> {
  const rows = (await documentsAt(db, channelId, no)).rows.filter(({ kind }) => kind === 'document');
  return (await unsoundOf(storage, rows)).map(({ key }) => key);
}

async function unsoundOf<Row extends BlobRow>(storage: BlobStore, rows: readonly Row[]): Promise<Row[]> {
  const unsound: Row[] = [];
  for (let at = 0; at < rows.length; at += atOnce) {
    const some = rows.slice(at, at + atOnce);
    const sound = await Promise.all(some.map((row) => isSound(storage, row)));
    unsound.push(...some.filter((_, i) => !sound[i]));
  }
  return unsound;
}

/**
 * The bytes of a small blob that can be made again; undefined where they are gone, cut or others than they were.
 *
 * @throws what says nothing of these bytes.
 */
export async function readSound(storage: BlobStore, row: BlobRow): Promise<Uint8Array | undefined> {
  try {
    return await readChecked(storage, blobRef(row));
  } catch (error) {
    if (isLoss(error)) return undefined;
    throw error;
  }
}

/** @throws what says nothing of these bytes, such as a store that is away. */
async function isSound(storage: BlobStore, row: BlobRow): Promise<boolean> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of storage.open(blobRef(row))) hash.update(chunk);
  } catch (error) {
    if (isLoss(error)) return false;
    throw error;
  }
  return hash.digest().equals(row.sha256);
}
