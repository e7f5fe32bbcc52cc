import { createHash } from 'node:crypto';
import { open, rename, unlink } from 'node:fs/promises';
import { parseSha256, type Sha256 } from '@sluice/formats/digest';
import type { BlobRef, PackedBlob } from '../blob-store.ts';
import { mediumError, StorageError } from '../errors.ts';
import type { DiskLayout } from './layout.ts';
import { syncFolder } from './sync-folder.ts';

/** Buffers handed to the system in one call; Linux takes at most 1024. */
const ITEMS_PER_WRITE = 512;

/** Bytes gathered before they are written. */
const BYTES_PER_WRITE = 1 << 20;

/**
 * Write `items` end to end as the pack `id`, durable when it resolves: one data sync and one folder sync, however many items.
 * Equal items are written once. The file's time is `now` (epoch milliseconds).
 *
 * @throws {StorageError} `disk_full`, `storage_io`; then nothing of the pack is left.
 */
export function writePack(
  layout: DiskLayout,
  id: string,
  items: readonly Uint8Array[],
  now: number,
): Promise<PackedBlob[]> {
  return packUp(layout, id, now, async (add) => {
    const packed: PackedBlob[] = [];
    for (const item of items) packed.push(await add(item));
    return packed;
  });
}

/**
 * Copy stored blobs into the pack `id`, in the same way. Each is read whole and must have its digest.
 *
 * @throws {StorageError} `blob_missing`, `blob_corrupt`, `disk_full`, `storage_io`; then nothing of the pack is left.
 */
export function copyPack(
  layout: DiskLayout,
  id: string,
  refs: readonly BlobRef[],
  read: (ref: BlobRef) => Promise<Uint8Array>,
  now: number,
): Promise<PackedBlob[]> {
  return packUp(layout, id, now, async (add) => {
    const packed: PackedBlob[] = [];
    for (const ref of refs) {
      const copy = await add(await read(ref));
      if (copy.sha256 !== ref.sha256) throw otherBytes(ref, copy);
      packed.push(copy);
    }
    return packed;
  });
}

/** Adds one item to the pack being written. */
type AddItem = (item: Uint8Array) => Promise<PackedBlob>;

async function packUp(
  layout: DiskLayout,
  id: string,
  now: number,
  fill: (add: AddItem) => Promise<PackedBlob[]>,
): Promise<PackedBlob[]> {
  const temporary = layout.temp(id);
  try {
    const handle = await open(temporary, 'wx');
    let packed: PackedBlob[];
    try {
      const offsets = new Map<Sha256, number>();
      let waiting: Uint8Array[] = [];
      let waitingBytes = 0;
      let end = 0;
      packed = await fill(async (item) => {
        const sha256 = parseSha256(createHash('sha256').update(item).digest('hex'));
        const known = offsets.get(sha256);
        const packedItem = { sha256, pack: id, offset: known ?? end, length: item.byteLength };
        if (known !== undefined) return packedItem;
        offsets.set(sha256, end);
        end += item.byteLength;
        waiting.push(item);
        waitingBytes += item.byteLength;
        if (waitingBytes >= BYTES_PER_WRITE || waiting.length >= ITEMS_PER_WRITE) {
          await writeAll(handle, waiting);
          [waiting, waitingBytes] = [[], 0];
        }
        return packedItem;
      });
      if (waiting.length > 0) await writeAll(handle, waiting);
      await handle.utimes(now / 1000, now / 1000);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(temporary, layout.pack(id));
    await syncFolder(layout.packFolder);
    return packed;
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw mediumError(error, 'writing a pack');
  }
}

function otherBytes({ sha256 }: BlobRef, copy: PackedBlob): StorageError {
  const message = 'The stored bytes of a blob are not those of its digest; it was not copied. Have it checked.';
  return new StorageError('blob_corrupt', message, { wanted: sha256, found: copy.sha256 });
}

async function writeAll(handle: Awaited<ReturnType<typeof open>>, items: readonly Uint8Array[]): Promise<void> {
  const wanted = items.reduce((sum, item) => sum + item.byteLength, 0);
  const { bytesWritten } = await handle.writev(items);
  // A full disk may take a part and fail only on the next call.
  let rest = bytesWritten;
  if (rest === wanted) return;
  for (const item of items) {
    const skipped = Math.min(rest, item.byteLength);
    rest -= skipped;
    if (skipped < item.byteLength) await handle.writeFile(item.subarray(skipped));
  }
}
