import { CatalogError } from '../errors.ts';

/** PostgreSQL counts time from 2000-01-01 in microseconds. */
const epoch_ms = 946_684_800_000n;

/**
 * Some rows of a binary COPY, addressed by row and column from 0. A value is decoded when asked for; NULL is null.
 * The caller knows the columns' types: nothing in the format names them.
 *
 * @see PostgreSQL manual, COPY, "Binary Format".
 */
export class CopyBatch {
  /** Rows in it. */
  readonly length: number;
  /** The bytes all values lie in. */
  readonly buffer: Buffer;
  readonly #columns: number;
  readonly #starts: Int32Array;

  /**
   * @param buffer alone in its memory.
   * @param starts where each value begins in `buffer`, row by row; its length is the int32 before it.
   */
  constructor(buffer: Buffer, starts: Int32Array, columns: number) {
    this.buffer = buffer;
    this.length = columns === 0 ? 0 : starts.length / columns;
    this.#columns = columns;
    this.#starts = starts;
  }

  /** Where a value begins in `buffer`. */
  start(row: number, column: number): number {
    return this.#starts[row * this.#columns + column]!;
  }

  /** How many bytes a value has; -1 for NULL. */
  size(row: number, column: number): number {
    const { buffer } = this;
    const at = this.start(row, column) - 4;
    return (buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!;
  }

  /**
   * Give its memory back now: nothing of it may be read any more. Left to the collector, batches first come to 64 MB and more,
   * since it goes by the number of objects, and these are few.
   */
  release(): void {
    (this.buffer.buffer as ArrayBuffer).transfer(0);
  }

  /** A value as it lies in the buffer, not copied: all of a bytea, the UTF-8 of a text. */
  bytes(row: number, column: number): Buffer | null {
    const size = this.size(row, column);
    const start = this.start(row, column);
    return size < 0 ? null : this.buffer.subarray(start, start + size);
  }

  /** A text, varchar, name or json. */
  text(row: number, column: number): string | null {
    const size = this.size(row, column);
    const start = this.start(row, column);
    return size < 0 ? null : this.buffer.toString('utf8', start, start + size);
  }

  /**
   * An int2, int4 or int8.
   *
   * @throws {CatalogError} `int8_unsafe`.
   */
  integer(row: number, column: number): number | null {
    const { buffer } = this;
    const start = this.start(row, column);
    switch (this.size(row, column)) {
      case -1:
        return null;
      case 2:
        return buffer.readInt16BE(start);
      case 4:
        return buffer.readInt32BE(start);
      default: {
        const value = buffer.readInt32BE(start) * 0x1_0000_0000 + buffer.readUInt32BE(start + 4);
        if (Number.isSafeInteger(value)) return value;
        throw unsafe(buffer.readBigInt64BE(start));
      }
    }
  }

  /** A float8. */
  float(row: number, column: number): number | null {
    return this.size(row, column) < 0 ? null : this.buffer.readDoubleBE(this.start(row, column));
  }

  /** A boolean. */
  boolean(row: number, column: number): boolean | null {
    return this.size(row, column) < 0 ? null : this.buffer[this.start(row, column)] === 1;
  }

  /** A timestamptz, cut to milliseconds. */
  date(row: number, column: number): Date | null {
    if (this.size(row, column) < 0) return null;
    const micros = this.buffer.readBigInt64BE(this.start(row, column));
    return new Date(Number(epoch_ms + (micros - (((micros % 1000n) + 1000n) % 1000n)) / 1000n));
  }

  /** A uuid in its usual lower-case form. */
  uuid(row: number, column: number): string | null {
    if (this.size(row, column) < 0) return null;
    const start = this.start(row, column);
    const hex = this.buffer.toString('hex', start, start + 16);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  /** A jsonb, parsed. */
  json(row: number, column: number): unknown {
    const size = this.size(row, column);
    const start = this.start(row, column);
    // The first byte is the version of jsonb's binary form.
    return size < 0 ? null : JSON.parse(this.buffer.toString('utf8', start + 1, start + size));
  }

  /**
   * A text[] of one dimension.
   *
   * @throws {CatalogError} `copy_format` for more dimensions.
   */
  texts(row: number, column: number): (string | null)[] | null {
    if (this.size(row, column) < 0) return null;
    const { buffer } = this;
    let at = this.start(row, column);
    const dimensions = buffer.readInt32BE(at);
    if (dimensions === 0) return [];
    if (dimensions > 1)
      throw new CatalogError('copy_format', `A text[] has ${dimensions} dimensions; only one is read.`);
    const count = buffer.readInt32BE(at + 12);
    // Behind the dimension count: has-nulls flag, element type, element count, lower bound.
    at += 20;
    const texts: (string | null)[] = [];
    for (let index = 0; index < count; index++) {
      const size = buffer.readInt32BE(at);
      at += 4;
      texts.push(size < 0 ? null : buffer.toString('utf8', at, at + size));
      at += Math.max(size, 0);
    }
    return texts;
  }
}

function unsafe(value: bigint): CatalogError {
  return new CatalogError('int8_unsafe', `The database holds ${value}, which JavaScript cannot count exactly.`, {
    wanted: 'at most 9007199254740991',
    found: `${value}`,
  });
}
