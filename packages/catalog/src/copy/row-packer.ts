import { CatalogError } from '../errors.ts';
import { signature } from './signature.ts';

/** The column types that can be sent. */
export type CopyType = keyof typeof encoders;

/**
 * What a column takes: bool → boolean; int2, int4, float8 → number; int8 → safe number or bigint; text → string or its
 * UTF-8; jsonb → JSON text or its UTF-8; bytea → bytes; timestamptz → Date; uuid → its text; text[] → strings; all → null.
 */
export type CopyValue = string | number | bigint | boolean | Uint8Array | Date | readonly string[] | null;

/** Where packed bytes come from and go to. */
export interface Buffers {
  /** An empty buffer of at least so many bytes. */
  take(atLeast: number): Buffer;
  /** A filled buffer and how much of it counts. A row may lie in several. */
  send(buffer: Buffer, size: number): void;
}

/** Packs rows for a binary COPY: the state between two buffers. */
export class RowPacker {
  readonly #types: readonly CopyType[];
  readonly #encoders: readonly Encoder[];
  readonly #buffers: Buffers;
  #buffer: Buffer;
  #at = 0;

  constructor(types: readonly CopyType[], buffers: Buffers) {
    this.#types = types;
    this.#encoders = types.map((type) => encoders[type]);
    this.#buffers = buffers;
    this.#buffer = buffers.take(0);
  }

  /** @throws {CatalogError} `copy_value` when a value does not fit its column; the COPY must be given up then. */
  row(values: readonly CopyValue[]): void {
    const encoders = this.#encoders;
    if (values.length !== encoders.length)
      throw misfit(`a row of ${encoders.length} values`, `${values.length} values`);
    this.reserve(2);
    this.int16(encoders.length);
    for (let column = 0; column < encoders.length; column++) {
      const value = values[column]!;
      if (value === null) {
        this.reserve(4);
        this.int32(-1);
      } else if (!encoders[column]!(this, value)) {
        const what = value instanceof Date ? 'an invalid date' : `${typeof value} ${String(value).slice(0, 40)}`;
        throw misfit(`a ${this.#types[column]} in column ${column + 1}`, what);
      }
    }
  }

  /** Pack the header: the signature, no flags, no extension. */
  begin(): void {
    for (const byte of signature) this.byte(byte);
    this.int32(0);
    this.int32(0);
  }

  /** Pack the end mark and send everything. */
  finish(): void {
    this.reserve(2);
    this.int16(-1);
    this.#flush();
  }

  /** Make room for so many bytes in one piece. */
  reserve(size: number): void {
    if (this.#at + size <= this.#buffer.length) return;
    this.#flush();
    if (size > this.#buffer.length) this.#buffer = this.#buffers.take(size);
  }

  int16(value: number): void {
    this.#buffer[this.#at++] = value >>> 8;
    this.#buffer[this.#at++] = value;
  }

  int32(value: number): void {
    const buffer = this.#buffer;
    const at = this.#at;
    buffer[at] = value >>> 24;
    buffer[at + 1] = value >>> 16;
    buffer[at + 2] = value >>> 8;
    buffer[at + 3] = value;
    this.#at = at + 4;
  }

  int64(value: bigint): void {
    this.#at = this.#buffer.writeBigInt64BE(value, this.#at);
  }

  float64(value: number): void {
    this.#at = this.#buffer.writeDoubleBE(value, this.#at);
  }

  byte(value: number): void {
    this.#buffer[this.#at++] = value;
  }

  /** Bytes with their length before them, and a first byte of ours if given. Reserves by itself. */
  bytes(value: Uint8Array, first?: number): void {
    const size = value.length + (first === undefined ? 0 : 1);
    this.reserve(4 + size);
    this.int32(size);
    if (first !== undefined) this.byte(first);
    this.#buffer.set(value, this.#at);
    this.#at += value.length;
  }

  /** A string as UTF-8 with its length before it, and a first byte of ours if given. Reserves by itself. */
  string(value: string, first?: number): void {
    // A unit of UTF-16 needs at most three bytes; only for long strings is it worth counting.
    this.reserve(5 + (value.length < 4096 ? value.length * 3 : Buffer.byteLength(value)));
    const begin = this.#at;
    this.#at += 4;
    if (first !== undefined) this.byte(first);
    const written = this.#ascii(value) ? value.length : this.#buffer.write(value, this.#at);
    const end = this.#at + written;
    this.#at = begin;
    this.int32(end - begin - 4);
    this.#at = end;
  }

  #flush(): void {
    if (this.#at > 0) this.#buffers.send(this.#buffer, this.#at);
    this.#buffer = this.#buffers.take(0);
    this.#at = 0;
  }

  /** Write a short string without leaving JavaScript; false, and nothing counts, when it is long or not ASCII. */
  #ascii(value: string): boolean {
    if (value.length > 40) return false;
    const buffer = this.#buffer;
    const at = this.#at;
    for (let index = 0; index < value.length; index++) {
      const unit = value.charCodeAt(index);
      if (unit > 127) return false;
      buffer[at + index] = unit;
    }
    return true;
  }
}

/** Write a value that is not null with its length before it; false when it is none of the type. */
type Encoder = (packer: RowPacker, value: Exclude<CopyValue, null>) => boolean;

const textOid = 25;
const epoch_ms = 946_684_800_000n;

const encoders = {
  bool: (packer, value) => {
    if (typeof value !== 'boolean') return false;
    packer.reserve(5);
    packer.int32(1);
    packer.byte(value ? 1 : 0);
    return true;
  },
  int2: (packer, value) => {
    if (typeof value !== 'number' || (value << 16) >> 16 !== value) return false;
    packer.reserve(6);
    packer.int32(2);
    packer.int16(value);
    return true;
  },
  int4: (packer, value) => {
    if (typeof value !== 'number' || (value | 0) !== value) return false;
    packer.reserve(8);
    packer.int32(4);
    packer.int32(value);
    return true;
  },
  int8: (packer, value) => {
    if (typeof value === 'bigint' && BigInt.asIntN(64, value) === value) {
      packer.reserve(12);
      packer.int32(8);
      packer.int64(value);
      return true;
    }
    if (!Number.isSafeInteger(value)) return false;
    packer.reserve(12);
    packer.int32(8);
    packer.int32(Math.floor((value as number) / 0x1_0000_0000));
    packer.int32(value as number);
    return true;
  },
  float8: (packer, value) => {
    if (typeof value !== 'number') return false;
    packer.reserve(12);
    packer.int32(8);
    packer.float64(value);
    return true;
  },
  timestamptz: (packer, value) => {
    if (!(value instanceof Date) || Number.isNaN(value.getTime())) return false;
    packer.reserve(12);
    packer.int32(8);
    packer.int64((BigInt(value.getTime()) - epoch_ms) * 1000n);
    return true;
  },
  uuid: (packer, value) => {
    if (typeof value !== 'string' || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)) return false;
    packer.bytes(Buffer.from(value.replaceAll('-', ''), 'hex'));
    return true;
  },
  bytea: (packer, value) => {
    if (!(value instanceof Uint8Array)) return false;
    packer.bytes(value);
    return true;
  },
  text: (packer, value) => {
    if (typeof value === 'string') packer.string(value);
    else if (value instanceof Uint8Array) packer.bytes(value);
    else return false;
    return true;
  },
  jsonb: (packer, value) => {
    // The first byte is the version of jsonb's binary form.
    if (typeof value === 'string') packer.string(value, 1);
    else if (value instanceof Uint8Array) packer.bytes(value, 1);
    else return false;
    return true;
  },
  'text[]': (packer, value) => {
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) return false;
    const contents = value.reduce((size, item) => size + 4 + Buffer.byteLength(item), 0);
    packer.reserve(24);
    packer.int32(value.length === 0 ? 12 : 20 + contents);
    packer.int32(value.length === 0 ? 0 : 1);
    packer.int32(0);
    packer.int32(textOid);
    if (value.length === 0) return true;
    packer.int32(value.length);
    packer.int32(1);
    for (const item of value) packer.string(item);
    return true;
  },
} satisfies Record<string, Encoder>;

function misfit(wanted: string, found: string): CatalogError {
  return new CatalogError('copy_value', `COPY wanted ${wanted} and was given ${found}. Correct the caller.`, {
    wanted,
    found,
  });
}
