import type { FileHandle } from 'node:fs/promises';
import type { BlobTarget } from '../blob-store.ts';
import { mediumError, StorageError } from '../errors.ts';
import type { BufferPool } from './buffer-pool.ts';

/** Buffer size where a pooled one is not worth it or not to be had. */
const SMALL_BUFFER_BYTES = 256 * 1024;

/**
 * Send `length` bytes of an open file from `start`: while one buffer is being written to `target` the next is being read.
 * Two big reads in turn outrun a read stream of 64 KiB chunks, because each read costs a trip to a thread and back.
 *
 * @throws {StorageError} `reader_gone`, `blob_corrupt`. Never ends or destroys `target`.
 */
export async function sendFile(
  handle: FileHandle,
  start: number,
  length: number,
  target: BlobTarget,
  pool: BufferPool,
): Promise<void> {
  if (length === 0) return;
  const loan = borrow(length, pool);
  const sink = watchClosing(target);
  let asked = 0;
  let sent = 0;
  const fill = (turn: number): Promise<Buffer> => {
    const buffer = loan.buffers[turn % loan.buffers.length]!;
    const into = buffer.subarray(0, Math.min(buffer.byteLength, length - asked));
    const position = start + asked;
    asked += into.byteLength;
    return readWhole(handle, into, position);
  };
  let reading: Promise<Buffer> | undefined = fill(0);
  try {
    for (let turn = 1; reading !== undefined; turn += 1) {
      const chunk: Buffer = await reading;
      reading = asked < length ? fill(turn) : undefined;
      // A failure is met when its turn comes.
      reading?.catch(() => {});
      await sink.write(chunk);
      sent += chunk.byteLength;
    }
    loan.end(true);
  } catch (error) {
    // The read under way must not outlive the handle, and its own failure is of no interest any more.
    await reading?.catch(() => {});
    loan.end(false);
    if (error instanceof StorageError) throw error;
    throw new StorageError('reader_gone', `The receiver closed after ${sent} of ${length} bytes.`, {
      wanted: `${length} bytes taken`,
      found: `${sent} bytes taken`,
      cause: error,
    });
  } finally {
    sink.unwatch();
  }
}

/** Two buffers to alternate (one where the whole fits it), and what to do with them in the end. */
type Loan = { readonly buffers: readonly Buffer[]; end(clean: boolean): void };

function borrow(length: number, pool: BufferPool): Loan {
  const unpooled = (...sizes: number[]): Loan => ({
    buffers: sizes.map((size) => Buffer.allocUnsafeSlow(size)),
    end() {},
  });
  if (length <= SMALL_BUFFER_BYTES) return unpooled(length);
  if (length < pool.bytes) return unpooled(SMALL_BUFFER_BYTES, SMALL_BUFFER_BYTES);
  const pair = pool.takePair();
  if (pair === undefined) return unpooled(SMALL_BUFFER_BYTES, SMALL_BUFFER_BYTES);
  return { buffers: pair, end: (clean) => (clean ? pool.give(pair) : pool.lose()) };
}

/** Writes that settle also when the target closes without calling back, as a pipelined HTTP response may. */
function watchClosing(target: BlobTarget): { write(chunk: Uint8Array): Promise<void>; unwatch(): void } {
  const closed = Promise.withResolvers<never>();
  closed.promise.catch(() => {});
  const onClose = () => closed.reject(new Error('closed'));
  const onError = (error: Error) => closed.reject(error);
  target.on('close', onClose);
  target.on('error', onError);
  if (target.destroyed) onClose();
  return {
    write(chunk) {
      const taken = new Promise<void>((resolve, reject) => {
        target.write(chunk, (error) => (error ? reject(error) : resolve()));
      });
      return Promise.race([taken, closed.promise]);
    },
    unwatch() {
      target.off('close', onClose);
      target.off('error', onError);
    },
  };
}

/** Fill `into` from `position` on. @throws {StorageError} `blob_corrupt` when the file ends before. */
export async function readWhole(handle: FileHandle, into: Buffer, position: number): Promise<Buffer> {
  let done = 0;
  while (done < into.byteLength) {
    const { bytesRead } = await handle
      .read(into, done, into.byteLength - done, position + done)
      .catch((error: unknown) => {
        throw mediumError(error, 'reading a blob');
      });
    if (bytesRead === 0) {
      throw new StorageError(
        'blob_corrupt',
        'The stored file is shorter than its reference says. Restore it from a backup.',
        {
          wanted: `${into.byteLength} bytes at ${position}`,
          found: `${done} bytes`,
        },
      );
    }
    done += bytesRead;
  }
  return into;
}
