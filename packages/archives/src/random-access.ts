import { open } from 'node:fs/promises';

/** Bytes that can be read at any place: a file, or one behind HTTP ranges. `size` in bytes. */
export type RandomAccess = {
  readonly size: number;
  /** The bytes from `position` on, `length` of them or fewer at the end. */
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
  const handle = await open(source, 'r');
  try {
    const { size } = await handle.stat();
    return await work({
      size,
      async read(position, length) {
        const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(length), 0, length, position);
        return buffer.subarray(0, bytesRead);
      },
    });
  } finally {
    await handle.close();
  }
}

/** The bytes from `start` to `end` (exclusive) in order. Ends early, without an error, where the source does. */
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
  const parts: Uint8Array[] = [];
  let filled = 0;
  for await (const chunk of readRange(access, position, position + length)) {
    parts.push(chunk);
    filled += chunk.byteLength;
  }
  return filled === length ? Buffer.concat(parts) : undefined;
}
