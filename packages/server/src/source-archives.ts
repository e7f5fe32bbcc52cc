import { isArchiveName, openArchiveTree, readArchiveFile } from '@sluice/archives';
import type { SourceArchives } from '@sluice/mirror';
import type { BlobStore } from '@sluice/storage';

/** What mirrors read zips and tars with; copies of single files lie where arriving blobs do. */
export function sourceArchives(storage: Pick<BlobStore, 'receive'>): SourceArchives {
  return {
    isName: isArchiveName,
    async open(path) {
      const tree = await openArchiveTree(path);
      return { ...tree, read: (inside, from) => readArchiveFile(path, tree.file(inside)!, from) };
    },
    async copied(bytes, work) {
      const receiving = await storage.receive();
      try {
        for await (const piece of bytes) await receiving.write(piece);
        await receiving.finish();
        return await work(receiving.path);
      } finally {
        await receiving.discard();
      }
    },
  };
}
