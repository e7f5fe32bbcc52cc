import { createHash } from 'node:crypto';
import { type BlobRow, blobsAfter, localDigests, packUse } from '@sluice/catalog';
import { bytesToHex, sha256ToBytes } from '@sluice/formats/digest';
import { blobRef, StorageError, type StoredObject } from '@sluice/storage';
import type { Check } from './context.ts';
import { note } from './report.ts';

const portion = 500;
/** Files asked about at once. */
const atOnce = 16;
const foldersAtOnce = 16;
/** What came within the last hour may belong to something that is just coming in. */
const youngMs = 60 * 60 * 1000;

/** A mirror is no help: what was local once is not fetched again. Nor is the channel for what only earlier publications list. */
const restore =
  'Restore the blob store from a backup. Or get the same bytes anew: of a package, also of a mirror, and of what stands beside it, upload the file to any channel; of shards, indexes and documents that a channel shows now, reindex it (npx sluice channel reindex <channel>).';

/** First stage: are the bytes of the next blobs there, and, when deep, the right ones? */
export async function checkBlobs(check: Check, after = ''): Promise<string | undefined> {
  const { deps, report, deep } = check;
  const page = await blobsAfter(deps.db, Buffer.from(after, 'hex'), deep ? 50 : portion);
  report.blobs += page.length;
  await checkBytes(check, page, null);
  return page.length === 0 ? undefined : bytesToHex(page.at(-1)!.sha256);
}

/** Note which of these blobs are missing or damaged. */
export async function checkBytes(check: Check, blobs: readonly BlobRow[], channel: string | null): Promise<void> {
  for (let at = 0; at < blobs.length; at += atOnce) {
    await Promise.all(blobs.slice(at, at + atOnce).map((blob) => checkBlob(check, blob, channel)));
  }
}

async function checkBlob({ deps, report, deep }: Check, blob: BlobRow, channel: string | null): Promise<void> {
  const ref = blobRef(blob);
  const where = blob.pack === null ? 'its file' : `pack ${blob.pack}`;
  const stored = await deps.storage.stat(ref);
  const about = { severity: 'error', channel, subject: ref.sha256 } as const;
  if (stored === undefined || stored.size !== blob.size) {
    note(report, {
      ...about,
      code: 'blob_missing',
      message: `The bytes of a blob are not there: ${where} ${stored ? `has ${stored.size} bytes` : 'is missing or too short'}, ${blob.size} were written.`,
      remedy: restore,
    });
    return;
  }
  if (!deep) return;
  const found = await digestOf(deps.storage.open(ref));
  if (found === ref.sha256) return;
  note(report, {
    ...about,
    code: 'blob_damaged',
    message: `The bytes of a blob in ${where} are not those of its digest: ${found ?? 'they cannot be read'}.`,
    remedy: `The disk may be failing. ${restore}`,
  });
}

async function digestOf(chunks: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of chunks) hash.update(chunk);
  } catch (error) {
    if (error instanceof StorageError && error.code !== 'disk_full') return undefined;
    throw error;
  }
  return hash.digest('hex');
}

/** Second stage: are there files nobody knows, in the next folders? After the 256 for blobs comes that of the packs. */
export async function checkFiles(check: Check, from = 0): Promise<number | undefined> {
  for (let folder = from; folder < Math.min(from + foldersAtOnce, 257); folder++) await checkFolder(check, folder);
  return from + foldersAtOnce <= 256 ? from + foldersAtOnce : undefined;
}

async function checkFolder(check: Check, folder: number): Promise<void> {
  const { deps } = check;
  const young = deps.now().getTime() - youngMs;
  let batch: StoredObject[] = [];
  for await (const object of deps.storage.list(folder === 256 ? 'packs' : folder.toString(16).padStart(2, '0'))) {
    if (object.modified > young) continue;
    batch.push(object);
    if (batch.length < portion) continue;
    await noteUnknown(check, batch);
    batch = [];
  }
  await noteUnknown(check, batch);
}

async function noteUnknown({ deps, report }: Check, objects: readonly StoredObject[]): Promise<void> {
  const digests = objects.flatMap((object) => (object.kind === 'blob' ? [sha256ToBytes(object.sha256)] : []));
  const packs = objects.flatMap((object) => (object.kind === 'pack' ? [object.id] : []));
  const [known, used] = [await localDigests(deps.db, digests), await packUse(deps.db, packs)];
  report.files += objects.length;
  for (const object of objects) {
    if (object.kind === 'blob' ? known.has(object.sha256) : used.has(object.id)) continue;
    note(report, {
      code: object.kind === 'blob' ? 'file_unknown' : 'pack_unknown',
      severity: 'notice',
      channel: null,
      subject: object.kind === 'blob' ? object.sha256 : object.id,
      message: `A ${object.kind === 'blob' ? 'file' : 'pack'} of ${object.size} bytes belongs to nothing: a crash left it behind, or it waits to be removed.`,
      remedy: 'Nothing: the next collections remove it (npx sluice maintenance collect).',
    });
  }
}
