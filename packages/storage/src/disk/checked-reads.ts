import { Worker } from 'node:worker_threads';
import type { SharedBytes } from '../blob-store.ts';
import { StorageError } from '../errors.ts';

/** Where the bytes of a blob lie, what they must be, and where they go. `offset`: in a pack; without one the file is all of the blob. */
export type ReadPlace = {
  readonly path: string;
  readonly offset: number | undefined;
  readonly size: number;
  readonly sha256: string;
  readonly at: number;
};

/** Why a place could not be read: other bytes lie there, or what the system said. */
export type ReadFault = 'damaged' | { readonly code: string | undefined; readonly message: string };

/** The place of a batch that failed first. */
export type FailedPlace = { readonly index: number; readonly fault: ReadFault };

/** What the thread is asked and answers. */
export type CheckedRequest = { readonly id: number; readonly into: SharedBytes; readonly places: readonly ReadPlace[] };
export type CheckedReply = { readonly id: number; readonly failed: FailedPlace | undefined };

/** Reads many small places and hashes what they hold, on a thread of its own: none costs a trip to a thread and back. */
export type CheckedReads = {
  /** @throws {StorageError} `storage_io` when the thread ended. */
  read(into: SharedBytes, places: readonly ReadPlace[]): Promise<FailedPlace | undefined>;
  /** End the thread; what it still works at is given up. */
  close(): Promise<void>;
};

type Waiting = { resolve(failed: FailedPlace | undefined): void; reject(error: Error): void };

const entry = new URL('./checked-reads-thread.ts', import.meta.url);

/** The thread begins at the first read, and again after it died. While nothing is read it keeps no process alive. */
export function openCheckedReads(): CheckedReads {
  const open = new Map<number, Waiting>();
  let thread: Worker | undefined;
  let nextId = 0;

  function begin(): Worker {
    const begun = new Worker(entry, { execArgv: [], resourceLimits: { maxOldGenerationSizeMb: 64 } });
    begun.on('message', ({ id, failed }: CheckedReply) => {
      open.get(id)?.resolve(failed);
      open.delete(id);
      if (open.size === 0) begun.unref();
    });
    const end = (cause?: unknown) => {
      if (thread !== begun) return;
      thread = undefined;
      const lost = new StorageError('storage_io', 'The thread that reads blobs ended: try again.', { cause });
      for (const { reject } of open.values()) reject(lost);
      open.clear();
    };
    begun.on('error', end);
    begun.on('messageerror', end);
    begun.on('exit', () => end());
    return begun;
  }

  return {
    read(into, places) {
      thread ??= begin();
      const { promise, resolve, reject } = Promise.withResolvers<FailedPlace | undefined>();
      const request: CheckedRequest = { id: nextId++, into, places };
      open.set(request.id, { resolve, reject });
      thread.ref();
      thread.postMessage(request);
      return promise;
    },
    async close() {
      await thread?.terminate();
    },
  };
}
