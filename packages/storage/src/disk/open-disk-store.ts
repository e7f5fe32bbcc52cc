import { mkdir, unlink } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import type { BlobRef, BlobStore, ByteRange, PackedBlob } from '../blob-store.ts';
import { mediumError, StorageError, systemCode } from '../errors.ts';
import type { Received, Receiving } from '../receiving.ts';
import { receiveIntoTempFile, type TempFile } from '../temp-file.ts';
import { createBlobReader } from './blob-reader.ts';
import { openCheckedReads } from './checked-reads.ts';
import { commitBatch } from './commit-batch.ts';
import { deleteUnchanged } from './delete-unchanged.ts';
import { diskLayout } from './layout.ts';
import { listFolders } from './list-folders.ts';
import { copyPack, writePack } from './pack-file.ts';
import { openPackHandles } from './pack-handles.ts';
import { sweepFolder } from './sweep-folder.ts';
import { syncFolder } from './sync-folder.ts';

/** What the disk store needs: `root` is made when missing; `newId` gives a fresh name fit for a file; `now` is epoch milliseconds. */
export type DiskStoreOptions = {
  readonly root: string;
  readonly newId: () => string;
  readonly now: () => number;
};

/**
 * Blobs in a folder. Several processes, also on several nodes, may share the folder.
 *
 * @throws {StorageError} `storage_io`, `disk_full` when the folders cannot be made.
 */
export async function openDiskStore({ root, newId, now }: DiskStoreOptions): Promise<BlobStore> {
  const layout = diskLayout(root);
  await makeFolders([...layout.blobFolders, layout.packFolder, layout.tempFolder]);

  const packs = openPackHandles(layout.pack);
  const checked = openCheckedReads();
  const reader = createBlobReader(layout, packs, checked);
  const files = new WeakMap<Receiving, TempFile>();
  // What this process is writing is never swept, however long it takes.
  const live = new Set<string>();

  function fileOf(receiving: Receiving): TempFile {
    const file = files.get(receiving);
    if (file !== undefined) return file;
    throw new StorageError('receive_state', 'The receiving belongs to another store: commit it where it was opened.');
  }

  async function intoPack(write: (id: string) => Promise<PackedBlob[]>): Promise<PackedBlob[]> {
    const id = newId();
    live.add(layout.temp(id));
    try {
      return await write(id);
    } finally {
      live.delete(layout.temp(id));
    }
  }

  return {
    async receive(options = {}) {
      const path = layout.temp(newId());
      live.add(path);
      try {
        const file = await receiveIntoTempFile({
          path,
          options,
          commit: async (one) => (await commitBatch(layout, [one], now()))[0]!,
          reread: ({ sha256, size }: Received, offset: number) => reader.open({ sha256, size }, { start: offset }),
          settled: () => live.delete(path),
        });
        files.set(file.receiving, file);
        return file.receiving;
      } catch (error) {
        live.delete(path);
        throw error;
      }
    },
    commitMany: async (receivings) => commitBatch(layout, receivings.map(fileOf), now()),
    putPack: async (items) => (items.length === 0 ? [] : intoPack((id) => writePack(layout, id, items, now()))),
    repack: async (refs) => (refs.length === 0 ? [] : intoPack((id) => copyPack(layout, id, refs, reader.read, now()))),
    pathOf: ({ sha256, pack }) => (pack === undefined ? relative(root, layout.blob(sha256)) : undefined),
    stat: reader.stat,
    read: reader.read,
    readMany: reader.readMany,
    open: reader.open,
    createRead: (ref: BlobRef, range?: ByteRange) => reader.createRead(ref, range),
    async delete(ref, unchangedSince) {
      if (ref.pack !== undefined) {
        throw new StorageError(
          'blob_packed',
          'The blob is part of a pack: drop the pack when nothing in it is referenced.',
          {
            wanted: 'a blob of its own',
            found: `pack ${ref.pack.id}`,
          },
        );
      }
      return deleteUnchanged(layout.blob(ref.sha256), layout.temp(newId()), unchangedSince);
    },
    async deletePack(id) {
      await packs.forget(id);
      try {
        await unlink(layout.pack(id));
        return true;
      } catch (error) {
        if (systemCode(error) === 'ENOENT') return false;
        throw mediumError(error, 'deleting a pack');
      }
    },
    sweepTemp: (olderThanMs, at) => sweepFolder(layout.tempFolder, live, at - olderThanMs),
    list: (part) => listFolders(layout, part),
    close: async () => {
      await Promise.all([packs.close(), checked.close()]);
    },
  };
}

async function makeFolders(folders: readonly string[]): Promise<void> {
  try {
    for (const folder of folders) await mkdir(folder, { recursive: true });
    for (const parent of new Set(folders.map((folder) => dirname(folder)))) await syncFolder(parent);
  } catch (error) {
    throw mediumError(error, 'making the folders of the blob store');
  }
}
