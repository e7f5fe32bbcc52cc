import type pg from 'pg';
import { from } from 'pg-copy-streams';

/** A COPY that takes the bytes of its format as they are. */
export interface CopySink {
  /** Hand over bytes, one call at a time. Resolves when they may be reused. @throws what the server said so far. */
  write(bytes: Buffer): Promise<void>;
  /** @returns how many rows the server took. @throws what it said against them. */
  end(): Promise<number>;
  /** Give up: the server forgets the rows. Never throws. */
  abort(): Promise<void>;
}

/**
 * Bytes that are more than the socket holds back (64 KiB) are reported written only when the kernel has them; fewer may
 * still lie in the socket's queue, so their buffer may not be filled again.
 */
export const reusableFrom_bytes = 1 << 17;

/**
 * Begin a `copy … from stdin`.
 *
 * @param client one connection, busy until `end` or `abort`.
 */
export function openCopySink(client: pg.ClientBase, sql: string): CopySink {
  const stream = client.query(from(sql));
  let failure: Error | undefined;
  let fail = (_error: Error) => {};
  const closed = new Promise<void>((resolve) => {
    stream.on('finish', resolve);
    stream.on('error', (error) => {
      failure ??= error;
      // The stream has let go of its connection, and would look for it when the socket drains later.
      stream._write = stream._writev = stream._final = () => {};
      fail(failure);
      resolve();
    });
  });
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        if (failure) return reject(failure);
        fail = reject;
        stream.write(bytes, () => resolve());
      }),
    end: async () => {
      if (!failure) stream.end();
      await closed;
      if (failure) throw failure;
      return stream.rowCount;
    },
    abort: async () => {
      if (!failure) stream.destroy(new Error('given up'));
      await closed;
    },
  };
}
