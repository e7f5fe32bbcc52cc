import type pg from 'pg';
import { openCopySink, reusableFrom_bytes } from './copy-sink.ts';
import { type Buffers, type CopyType, type CopyValue, RowPacker } from './row-packer.ts';

const bufferSize = 1 << 18;

/** A COPY that takes rows. */
export interface CopyWriter {
  /**
   * Add a row.
   *
   * @returns false when the server lags: `await drain()` before the next row, or memory grows.
   * @throws {CatalogError} `copy_value`; then `abort`.
   */
  row(values: readonly CopyValue[]): boolean;
  /** Wait until the server has caught up. @throws what the server said against the rows so far. */
  drain(): Promise<void>;
  /** Send the rest. @returns how many rows the server took. @throws what it said against them. */
  end(): Promise<number>;
  /** Give up: the server forgets the rows, and a transaction around them has failed. Never throws. */
  abort(): Promise<void>;
}

/**
 * Begin `copy t (a, b) from stdin (format binary)`.
 *
 * @param client one connection, busy until `end` or `abort`.
 * @param types the types of the columns, in the statement's order.
 */
export function copyIn(client: pg.ClientBase, sql: string, types: readonly CopyType[]): CopyWriter {
  const sink = openCopySink(client, sql);
  const free: Buffer[] = [];
  const waiting: { readonly buffer: Buffer; readonly size: number }[] = [];
  let writing: Promise<void> | undefined;
  let onItsWay: Promise<void> | undefined;

  const writeAll = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      onItsWay = sink.write(next.buffer.subarray(0, next.size));
      await onItsWay;
      const isReusable = next.buffer.length === bufferSize && next.size >= reusableFrom_bytes;
      if (isReusable && free.length < 2) free.push(next.buffer);
    }
    writing = undefined;
  };
  const buffers: Buffers = {
    take: (atLeast) => (atLeast <= bufferSize && free.pop()) || Buffer.allocUnsafeSlow(Math.max(bufferSize, atLeast)),
    send: (buffer, size) => {
      waiting.push({ buffer, size });
      // A failure stays in `writing`, for drain and end to find.
      writing ??= writeAll();
      writing.catch(() => {});
    },
  };
  const packer = new RowPacker(types, buffers);
  packer.begin();
  const settle = async () => {
    while (writing) await writing;
  };
  return {
    row: (values) => {
      packer.row(values);
      return waiting.length === 0;
    },
    // One buffer may be on its way: while the server takes it, the next is filled.
    drain: async () => {
      while (waiting.length > 0) await onItsWay;
    },
    end: async () => {
      packer.finish();
      await settle();
      return sink.end();
    },
    abort: () => sink.abort(),
  };
}
