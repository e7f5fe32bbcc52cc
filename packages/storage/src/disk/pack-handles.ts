import { type FileHandle, open } from 'node:fs/promises';

/** Packs kept open, so that a small read is one system call instead of three. */
const OPEN_PACKS = 64;

/** Open packs by id, the least recently used closed first. A pack being read is never closed under its reader. */
export type PackHandles = {
  /** Run `work` with the pack open. @throws what the system throws when it cannot be opened (ENOENT). */
  use<T>(id: string, work: (handle: FileHandle) => Promise<T>): Promise<T>;
  /** Let go of one pack, because it is being deleted. */
  forget(id: string): Promise<void>;
  /** Let go of all. */
  close(): Promise<void>;
};

/** Handles of packs found at `pathOf(id)`; at most `capacity` idle ones stay open. */
export function openPackHandles(pathOf: (id: string) => string, capacity = OPEN_PACKS): PackHandles {
  type Entry = { readonly handle: Promise<FileHandle>; users: number; dropped: boolean };
  const entries = new Map<string, Entry>();

  const closeHandle = (entry: Entry) =>
    entry.handle.then(
      (handle) => handle.close(),
      () => {},
    );

  async function drop(id: string): Promise<void> {
    const entry = entries.get(id);
    if (entry === undefined) return;
    entries.delete(id);
    entry.dropped = true;
    if (entry.users === 0) await closeHandle(entry);
  }

  async function use<T>(id: string, work: (handle: FileHandle) => Promise<T>): Promise<T> {
    const entry = entries.get(id) ?? { handle: open(pathOf(id), 'r'), users: 0, dropped: false };
    // A Map keeps the order of insertion: the first key is the one longest unused.
    entries.delete(id);
    entries.set(id, entry);
    entry.users += 1;
    try {
      const handle = await entry.handle.catch((error: unknown) => {
        // The pack may exist by the next try.
        if (entries.get(id) === entry) entries.delete(id);
        throw error;
      });
      return await work(handle);
    } finally {
      entry.users -= 1;
      if (entry.dropped && entry.users === 0) await closeHandle(entry);
      const oldest = entries.keys().next();
      if (entries.size > capacity && !oldest.done) await drop(oldest.value);
    }
  }

  return {
    use,
    forget: drop,
    async close() {
      await Promise.all([...entries.keys()].map(drop));
    },
  };
}
