import { on } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { MirrorError, type MirrorErrorCode } from '../errors.ts';
import { unzstd } from './unzstd.ts';

/** What the thread is told to do. `ahead`: messages on their way that are not answered yet. */
export interface UnzstdOrder {
  path: string;
  ahead: number;
}

/** What the thread says. Each piece comes with all of its memory. Whatever failed did so behind the pieces. */
export interface UnzstdMessage {
  pieces: readonly Uint8Array<ArrayBuffer>[];
  failed: UnzstdFailure | undefined;
  isLast: boolean;
}

/** An error as it comes over; one with a code was a MirrorError. */
export interface UnzstdFailure {
  code?: MirrorErrorCode;
  message: string;
  details?: { wanted?: string; found?: string; transient: boolean };
}

const entry = new URL('./unzstd-thread.ts', import.meta.url);

/** Some megabytes of plain bytes: as much as is read in the time in which this thread is at something else. */
const ahead = 8;

/** Bytes of a file that are read at once. */
export const readBytes = 1 << 18;

/** Packed bytes from which on a thread is quicker, its beginning included. */
const many_bytes = 4 << 20;

/**
 * As `unzstd`, of a file; a large one on a thread of its own, so that unpacking goes on while this thread is at work on what came
 * before. A codec of this thread waits for it after every piece, and what it reads and writes is left for the collector to find.
 *
 * @param threadFrom_bytes how large a file is large.
 * @throws as `unzstd`; what a thread ended with.
 */
export async function* unzstdFile(path: string, threadFrom_bytes = many_bytes): AsyncGenerator<Uint8Array> {
  const { size } = await stat(path);
  yield* size < threadFrom_bytes ? unzstd(createReadStream(path, { highWaterMark: readBytes })) : onThread(path);
}

async function* onThread(path: string): AsyncGenerator<Uint8Array> {
  const thread = new Worker(entry, {
    workerData: { path, ahead } satisfies UnzstdOrder,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 },
  });
  try {
    for await (const [message] of on(thread, 'message', { close: ['exit'] })) {
      const { pieces, failed, isLast } = message as UnzstdMessage;
      for (const piece of pieces) {
        yield piece;
        piece.buffer.transfer(0);
      }
      if (failed) throw errorOf(failed);
      if (isLast) return;
      thread.postMessage('go on');
    }
    throw new Error('The thread that unpacks an index ended before it was done.');
  } finally {
    await thread.terminate();
  }
}

function errorOf({ code, message, details }: UnzstdFailure): Error {
  return code ? new MirrorError(code, message, details) : new Error(message);
}
