import { encodeUtf8Into } from '../utf8.ts';

/** Bytes being written, all numbers with the highest byte first. */
export interface ByteSink {
  ascii(text: string): void;
  int32(value: number): void;
  /** `undefined` is R's NA. */
  double(value: number | undefined): void;
  /** One string of R's: whether it is ASCII, its length in bytes, its bytes. */
  text(value: string): void;
  /** What was written. */
  bytes(): Uint8Array;
}

const asciiString = 0x00040009;
const utf8String = 0x00008009;
/** R's NA among doubles is the NaN whose low word is 1954. */
const naWords = [0x7ff00000, 1954] as const;

/** Nothing written yet; grows as it must. */
export function createByteSink(): ByteSink {
  let held = new Uint8Array(1 << 16);
  let view = new DataView(held.buffer);
  let length = 0;

  function room(bytes: number): void {
    if (length + bytes <= held.length) return;
    const wider = new Uint8Array(Math.max(held.length * 2, length + bytes));
    wider.set(held);
    held = wider;
    view = new DataView(held.buffer);
  }

  function int32(value: number): void {
    room(4);
    view.setInt32(length, value);
    length += 4;
  }

  return {
    ascii(text) {
      room(text.length);
      length += encodeUtf8Into(text, held.subarray(length)).written;
    },
    int32,
    double(value) {
      if (value === undefined) return naWords.forEach(int32);
      room(8);
      view.setFloat64(length, value);
      length += 8;
    },
    text(value) {
      room(8 + value.length * 3);
      const { written } = encodeUtf8Into(value, held.subarray(length + 8));
      int32(written === value.length ? asciiString : utf8String);
      int32(written);
      length += written;
    },
    bytes: () => held.subarray(0, length),
  };
}
