import { type FileHandle, open, stat } from 'node:fs/promises';
import type { BlobRead, BlobRef, BlobStore, ByteRange } from '../blob-store.ts';
import { mediumError, StorageError, systemCode } from '../errors.ts';
import { createBufferPool } from './buffer-pool.ts';
import type { CheckedReads, ReadFault } from './checked-reads.ts';
import type { DiskLayout } from './layout.ts';
import type { PackHandles } from './pack-handles.ts';
import { readWhole, sendFile } from './send-file.ts';

/** Chunks that `open` hands out. */
const CHUNK_BYTES = 256 * 1024;

/**
 * Thirty-two large downloads at full speed; one more does with smaller buffers. 32 MiB in all. Larger buffers are no faster:
 * what is read must still be in the processor's cache when it is written, also with several downloads at a time.
 */
const SEND_BUFFER_BYTES = 512 * 1024;
const SEND_BUFFER_PAIRS = 32;

/** The reading side of the disk store. */
export function createBlobReader(
  layout: DiskLayout,
  packs: PackHandles,
  checked: CheckedReads,
): Pick<BlobStore, 'stat' | 'read' | 'readMany' | 'open' | 'createRead'> {
  const pool = createBufferPool(SEND_BUFFER_BYTES, SEND_BUFFER_PAIRS);

  function pathOf(ref: BlobRef): string {
    return ref.pack === undefined ? layout.blob(ref.sha256) : layout.pack(ref.pack.id);
  }

  /** A handle of one's own, where the file is long enough for the reference. */
  async function openChecked(ref: BlobRef): Promise<FileHandle> {
    const handle = await open(pathOf(ref), 'r').catch((error: unknown) => {
      throw missingOr(error, ref);
    });
    try {
      const { size } = await handle.stat();
      const fits = ref.pack === undefined ? size === ref.size : size >= ref.pack.offset + ref.size;
      if (!fits) throw wrongLength(ref, size);
      return handle;
    } catch (error) {
      await handle.close();
      throw mediumError(error, 'opening a blob');
    }
  }

  return {
    async stat(ref) {
      try {
        const { size } = await stat(pathOf(ref));
        if (ref.pack === undefined) return { size };
        return size >= ref.pack.offset + ref.size ? { size: ref.size } : undefined;
      } catch (error) {
        if (systemCode(error) === 'ENOENT') return undefined;
        throw mediumError(error, 'looking for a blob');
      }
    },

    async read(ref) {
      const into = Buffer.allocUnsafeSlow(ref.size);
      if (ref.pack !== undefined) {
        const { id, offset } = ref.pack;
        try {
          return await packs.use(id, (handle) => readWhole(handle, into, offset));
        } catch (error) {
          throw missingOr(error, ref);
        }
      }
      const handle = await openChecked(ref);
      try {
        return await readWhole(handle, into, 0);
      } finally {
        await handle.close();
      }
    },

    async readMany(into, blobs) {
      const places = blobs.map(({ ref, at }) => {
        if (at < 0 || at + ref.size > into.length) throw outside(`${ref.size} bytes at ${at}`, `${into.length} bytes`);
        return { path: pathOf(ref), offset: ref.pack?.offset, size: ref.size, sha256: ref.sha256, at };
      });
      const failed = await checked.read(into, places);
      if (failed) throw faultOf(failed.fault, blobs[failed.index]!.ref);
    },

    async *open(ref, range) {
      const { start, end } = within(ref, range);
      const handle = await openChecked(ref);
      try {
        const base = ref.pack?.offset ?? 0;
        for (let at = start; at < end; at += CHUNK_BYTES) {
          yield await readWhole(handle, Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, end - at)), base + at);
        }
      } finally {
        await handle.close();
      }
    },

    async createRead(ref, range): Promise<BlobRead> {
      const { start, end } = within(ref, range);
      const handle = await openChecked(ref);
      let closing: Promise<void> | undefined;
      const close = () => {
        closing ??= handle.close();
        return closing;
      };
      return {
        length: end - start,
        async send(target) {
          try {
            await sendFile(handle, (ref.pack?.offset ?? 0) + start, end - start, target, pool);
          } finally {
            await close();
          }
        },
        close,
      };
    },
  };
}

function within(ref: BlobRef, { start = 0, end = ref.size }: ByteRange = {}): { start: number; end: number } {
  if (start >= 0 && start <= end && end <= ref.size) return { start, end };
  throw new StorageError('blob_range', 'The range does not lie inside the blob: ask for bytes it has.', {
    wanted: `0 ≤ start ≤ end ≤ ${ref.size}`,
    found: `${start} to ${end}`,
  });
}

function outside(wanted: string, found: string): StorageError {
  return new StorageError('blob_range', 'The blob does not fit there: give more memory.', { wanted, found });
}

function missingOr(error: unknown, ref: BlobRef): StorageError {
  if (systemCode(error) !== 'ENOENT') return mediumError(error, 'opening a blob');
  const where = ref.pack === undefined ? '' : ` (pack ${ref.pack.id})`;
  return new StorageError(
    'blob_missing',
    `The blob ${ref.sha256}${where} is not in the store. Restore it from a backup or fetch it again.`,
    {
      wanted: ref.sha256,
      found: 'nothing',
      cause: error,
    },
  );
}

function faultOf(fault: ReadFault, ref: BlobRef): StorageError {
  if (fault !== 'damaged') return missingOr(Object.assign(new Error(fault.message), { code: fault.code }), ref);
  return new StorageError(
    'blob_corrupt',
    `The stored bytes of ${ref.sha256} are not what they were. Restore them from a backup or fetch them again.`,
    { wanted: ref.sha256, found: 'other bytes' },
  );
}

function wrongLength(ref: BlobRef, found: number): StorageError {
  return new StorageError(
    'blob_corrupt',
    `The stored file of ${ref.sha256} has the wrong length. Restore it from a backup.`,
    {
      wanted: `${ref.pack === undefined ? ref.size : `at least ${ref.pack.offset + ref.size}`} bytes`,
      found: `${found} bytes`,
    },
  );
}
