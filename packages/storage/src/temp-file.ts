import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, unlink } from 'node:fs/promises';
import { parseMd5, parseSha256 } from '@sluice/formats/digest';
import { mediumError, StorageError, systemCode } from './errors.ts';
import { type Received, type ReceiveOptions, type Receiving, WITHHELD_BYTES } from './receiving.ts';

/** One read of a tailing client. A hundred of them hold 6 MiB together. */
const TAIL_READ_BYTES = 64 * 1024;

/** The backend's side of a receiving: it moves the file to its place and says so. */
export type TempFile = {
  readonly receiving: Receiving;
  /** The digests once verified. @throws {StorageError} `receive_state` in any other state. */
  ready(): Received;
  /** The data is on the medium when it resolves, and the file's time is `now` (epoch milliseconds): when it was committed counts. */
  sync(now: number): Promise<void>;
  /** Put the file there, in the place of what is there. Again when it is there already: nothing. */
  moveTo(place: string): Promise<void>;
  /** The file is in its place (or was not needed): close, and let late readers read there. */
  committed(): Promise<void>;
};

/** What a backend gives a receiving. */
export type TempFileBackend = {
  readonly path: string;
  readonly options: ReceiveOptions;
  /** Makes this one file durable and visible. */
  commit(file: TempFile): Promise<Received>;
  /** Reads the committed blob, for readers that come after the temporary file was closed. */
  reread(received: Received, offset: number): AsyncIterable<Uint8Array>;
  /** The temporary file is no longer of interest, for whatever reason. */
  settled(): void;
};

/** Open a temporary file and take bytes into it. @throws {StorageError} `disk_full`, `storage_io`. */
export async function receiveIntoTempFile(backend: TempFileBackend): Promise<TempFile> {
  const { path, options } = backend;
  const handle = await open(path, 'wx+').catch((error: unknown) => {
    throw mediumError(error, 'creating a temporary file');
  });
  const sha256 = createHash('sha256');
  const md5 = options.md5 === false ? undefined : createHash('md5');
  const waiting = new Set<() => void>();

  let state: 'open' | 'finished' | 'verified' | 'committed' | 'aborted' = 'open';
  let writing = false;
  let taken = 0;
  let written = 0;
  let received: Received | undefined;
  let committing: Promise<Received> | undefined;
  let failure: unknown;
  let place = path;
  // The writer and every active reader hold the handle; the last one closes it.
  let holders = 1;

  function wake(): void {
    for (const resume of [...waiting]) resume();
  }

  function changed(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const resume = () => {
        waiting.delete(resume);
        signal?.removeEventListener('abort', resume);
        resolve();
      };
      waiting.add(resume);
      signal?.addEventListener('abort', resume, { once: true });
    });
  }

  async function release(): Promise<void> {
    holders -= 1;
    if (holders === 0) await handle.close();
  }

  function refuseUnless(wanted: typeof state, verb: string): void {
    if (state === 'aborted') throw failure;
    if (state !== wanted) {
      throw new StorageError('receive_state', `${verb} is not possible now: the receiving is ${state}.`, {
        wanted,
        found: state,
      });
    }
  }

  async function abort(error: unknown): Promise<void> {
    if (state === 'aborted' || state === 'committed') return;
    state = 'aborted';
    failure = error;
    wake();
    backend.settled();
    await release();
    await unlink(path).catch((problem: unknown) => {
      if (systemCode(problem) !== 'ENOENT') throw mediumError(problem, 'removing a temporary file');
    });
  }

  async function fail(error: StorageError): Promise<never> {
    // The first error is the one to tell; a temporary file that could not be removed is swept later.
    await abort(error).catch(() => {});
    throw error;
  }

  async function write(chunk: Uint8Array): Promise<void> {
    refuseUnless('open', 'write');
    if (writing) {
      throw new StorageError('receive_state', 'write was called before the last write ended: await each one.');
    }
    const refusal = tooMuch(taken + chunk.byteLength, options);
    if (refusal !== undefined) return fail(refusal);
    writing = true;
    try {
      const landing = writeWhole(handle, chunk, taken);
      taken += chunk.byteLength;
      sha256.update(chunk);
      md5?.update(chunk);
      await landing;
    } catch (error) {
      if (state === 'open') return await fail(mediumError(error, 'writing a temporary file'));
    } finally {
      writing = false;
    }
    refuseUnless('open', 'write');
    written = taken;
    wake();
  }

  async function finish(): Promise<Received> {
    if (received !== undefined && state !== 'aborted') return received;
    refuseUnless('open', 'finish');
    if (writing) throw new StorageError('receive_state', 'finish was called before the last write ended: await it.');
    const arrived = {
      sha256: parseSha256(sha256.digest('hex')),
      ...(md5 && { md5: parseMd5(md5.digest('hex')) }),
      size: written,
    } as Received;
    const refusal = unlikeAnnounced(arrived, options);
    if (refusal !== undefined) return fail(refusal);
    received = arrived;
    state = 'finished';
    return arrived;
  }

  function verified(): void {
    if (state === 'verified' || state === 'committed') return;
    refuseUnless('finished', 'verified');
    state = 'verified';
    wake();
  }

  async function* readFrom(offset: number, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    let position = offset;
    // Once the last holder has let go the handle is closed, and only a committed blob can still be read.
    if (holders > 0) {
      holders += 1;
      try {
        for (;;) {
          signal?.throwIfAborted();
          if (state === 'aborted') throw failure;
          const whole = state === 'verified' || state === 'committed';
          const visible = whole ? written : written - WITHHELD_BYTES;
          if (position < visible) {
            const chunk = await readSome(handle, position, Math.min(visible - position, TAIL_READ_BYTES));
            position += chunk.byteLength;
            yield chunk;
          } else if (whole) {
            return;
          } else {
            await changed(signal);
          }
        }
      } finally {
        await release();
      }
    }
    if (state === 'aborted') throw failure;
    if (received !== undefined) yield* backend.reread(received, position);
  }

  const file: TempFile = {
    receiving: {
      path,
      get size() {
        return taken;
      },
      write,
      finish,
      verified,
      readFrom,
      commit() {
        committing ??= backend.commit(file).finally(() => {
          // A commit that failed for want of space may be tried again.
          if (state !== 'committed') committing = undefined;
        });
        return committing;
      },
      abort,
      discard: () => abort(new StorageError('receive_aborted', 'The transfer was given up before it was complete.')),
    },
    ready() {
      refuseUnless('verified', 'commit');
      return received!;
    },
    async sync(now) {
      await handle.utimes(now / 1000, now / 1000);
      await handle.datasync();
    },
    async moveTo(wanted) {
      if (place !== wanted) await rename(place, wanted);
      place = wanted;
    },
    async committed() {
      if (state === 'committed') return;
      state = 'committed';
      backend.settled();
      await release();
    },
  };
  return file;
}

function tooMuch(size: number, { maxBytes, expect }: ReceiveOptions): StorageError | undefined {
  const found = `at least ${size} bytes`;
  if (expect?.size !== undefined && size > expect.size) {
    const message = `More bytes came than the ${expect.size} announced. Fetch or send the file again.`;
    return new StorageError('blob_corrupt', message, { wanted: `${expect.size} bytes`, found });
  }
  if (maxBytes !== undefined && size > maxBytes) {
    const message = `The file is larger than the ${maxBytes} bytes allowed. Send a smaller one, or have the limit raised.`;
    return new StorageError('blob_too_large', message, { wanted: `at most ${maxBytes} bytes`, found });
  }
  return undefined;
}

function unlikeAnnounced(arrived: Received, { expect }: ReceiveOptions): StorageError | undefined {
  for (const property of ['size', 'sha256', 'md5'] as const) {
    const wanted = expect?.[property];
    const found = arrived[property];
    if (wanted !== undefined && wanted !== found) {
      const message = `The ${property} is ${found}, ${wanted} was announced. Fetch or send the file again.`;
      return new StorageError('blob_corrupt', message, { wanted, found });
    }
  }
  return undefined;
}

async function writeWhole(handle: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < chunk.byteLength) {
    const { bytesWritten } = await handle.write(chunk, done, chunk.byteLength - done, position + done);
    done += bytesWritten;
  }
}

async function readSome(handle: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafeSlow(length), 0, length, position);
  if (bytesRead === 0) {
    throw new StorageError('blob_corrupt', 'The temporary file is shorter than what was written to it.', {
      wanted: `a byte at ${position}`,
      found: 'end of file',
    });
  }
  return buffer.subarray(0, bytesRead);
}
