import { createHash } from 'node:crypto';
import { open, rename, unlink } from 'node:fs/promises';
import { parseSha256, type Sha256 } from '@sluice/formats/digest';
import type { PackedBlob } from '../blob-store.ts';
import { mediumError } from '../errors.ts';
import type { DiskLayout } from './layout.ts';
import { syncFolder } from './sync-folder.ts';

/** Buffers handed to the system in one call; Linux takes at most 1024. */
const ITEMS_PER_WRITE = 512;

/**
 * Write `items` end to end as the pack `id`, durable when it resolves: one data sync and one folder sync, however many items.
 * Equal items are written once.
 *
 * @throws {StorageError} `disk_full`, `storage_io`; then nothing of the pack is left.
 */
export async function writePack(layout: DiskLayout, id: string, items: readonly Uint8Array[]): Promise<PackedBlob[]> {
  const offsets = new Map<Sha256, number>();
  const fresh: Uint8Array[] = [];
  let end = 0;
  const packed = items.map((item): PackedBlob => {
    const sha256 = parseSha256(createHash('sha256').update(item).digest('hex'));
    let offset = offsets.get(sha256);
    if (offset === undefined) {
      offset = end;
      offsets.set(sha256, offset);
      fresh.push(item);
      end += item.byteLength;
    }
    return { sha256, pack: id, offset, length: item.byteLength };
  });

  const temporary = layout.temp(id);
  try {
    const handle = await open(temporary, 'wx');
    try {
      for (let at = 0; at < fresh.length; at += ITEMS_PER_WRITE) {
        await writeAll(handle, fresh.slice(at, at + ITEMS_PER_WRITE));
      }
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(temporary, layout.pack(id));
    await syncFolder(layout.packFolder);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw mediumError(error, 'writing a pack');
  }
  return packed;
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
