import { FormatError } from '../errors.ts';
import { decodeUtf8 } from '../utf8.ts';

/** Bytes being read, all numbers with the highest byte first. Every reader fails with `rds_syntax` where the bytes end. */
export interface ByteSource {
  ascii(length: number): string;
  int32(): number;
  double(): number;
  /** A length: not negative. Longer vectors than 2^31 are not read here. */
  count(): number;
  /** UTF-8, or else Latin-1. */
  text(length: number): string;
  skip(length: number): void;
  left(): number;
  /** `count`, when that many things of at least `bytes` bytes are still there: before room is made for them. */
  checked(count: number, bytes: number): number;
}

/** Bytes from their start. */
export function createByteSource(bytes: Uint8Array): ByteSource {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;

  function take(length: number): number {
    if (length < 0 || length > bytes.length - at) {
      throw new FormatError('rds_syntax', 'This R data ends too early.', {
        wanted: `${length} bytes more`,
        found: `${bytes.length - at}`,
      });
    }
    at += length;
    return at - length;
  }

  function latin1(part: Uint8Array): string {
    let text = '';
    for (const byte of part) text += String.fromCharCode(byte);
    return text;
  }

  const int32 = () => view.getInt32(take(4));
  return {
    ascii(length) {
      const from = take(length);
      return latin1(bytes.subarray(from, at));
    },
    int32,
    double: () => view.getFloat64(take(8)),
    count() {
      const length = int32();
      if (length >= 0) return length;
      throw new FormatError('rds_syntax', 'This R data has a vector of a length that is not read here.', {
        wanted: 'a length below 2^31',
        found: String(length),
      });
    },
    text(length) {
      const from = take(length);
      const part = bytes.subarray(from, at);
      try {
        return decodeUtf8(part);
      } catch {
        return latin1(part);
      }
    },
    skip: (length) => void take(length),
    left: () => bytes.length - at,
    checked(count, size) {
      take(count * size);
      at -= count * size;
      return count;
    },
  };
}
