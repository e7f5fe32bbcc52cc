import { type FileHandle, open } from 'node:fs/promises';

/** Bytes that can be read at any place: a file, or one behind HTTP ranges. `size` in bytes. */
export type RandomAccess = {
  readonly size: number;
  /** The bytes from `position` on, `length` of them or fewer at the end. They may be lent: the next read may overwrite them. */
  read(position: number, length: number): Promise<Uint8Array>;
};

/** One read of a sequential pass. */
const READ_BYTES = 256 * 1024;

/** Run `work` with a file opened by its path, or with what is open already. */
export async function withRandomAccess<T>(
  source: string | RandomAccess,
  work: (access: RandomAccess) => Promise<T>,
): Promise<T> {
  if (typeof source !== 'string') return work(source);
  const access = await openRandomAccess(source);
  try {
    return await work(access);
  } finally {
    await access.close();
  }
}

/** Buffers of files that are closed, for the next ones: new ones for each have the garbage collector do more than the reader. */
const spare: Buffer[] = [];
const mostSpare = 8;

/** A file, open until it is closed. What it lent must not be looked at afterwards. */
export async function openRandomAccess(path: string): Promise<RandomAccess & { close(): Promise<void> }> {
  const handle = await open(path, 'r');
  // One for all reads.
  const buffer = spare.pop() ?? Buffer.allocUnsafeSlow(READ_BYTES);
  let isClosed = false;
  try {
    const { size } = await handle.stat();
    const into = buffer.subarray(0, Math.min(READ_BYTES, size));
    // A small file is read once.
    const whole = size <= READ_BYTES ? into.subarray(0, await readAll(handle, into)) : undefined;
    return {
      size,
      async read(position, length) {
        if (whole) return whole.subarray(position, position + length);
        const { bytesRead } = await handle.read(into, 0, Math.min(length, READ_BYTES), position);
        return into.subarray(0, bytesRead);
      },
      async close() {
        await handle.close();
        if (!isClosed && spare.length < mostSpare) spare.push(buffer);
        isClosed = true;
      },
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Fill a buffer from the start of a file. @returns how much there was. */
async function readAll(handle: FileHandle, into: Buffer): Promise<number> {
  let done = 0;
  while (done < into.byteLength) {
    const { bytesRead } = await handle.read(into, done, into.byteLength - done, done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

/** The bytes from `start` to `end` (exclusive) in order, each chunk lent until the next. Ends early, without an error, where the source does. */
export async function* readRange(access: RandomAccess, start: number, end: number): AsyncGenerator<Uint8Array> {
  let position = start;
  while (position < end) {
    const chunk = await access.read(position, Math.min(READ_BYTES, end - position));
    if (chunk.byteLength === 0) return;
    position += chunk.byteLength;
    yield chunk;
  }
}

/** Exactly `length` bytes at `position`, or `undefined` where there are not so many. */
export async function readExactly(access: RandomAccess, position: number, length: number): Promise<Buffer | undefined> {
  const bytes = Buffer.alloc(length);
  let filled = 0;
  for await (const chunk of readRange(access, position, position + length)) {
    bytes.set(chunk, filled);
    filled += chunk.byteLength;
  }
  return filled === length ? bytes : undefined;
}
