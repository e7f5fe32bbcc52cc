// Present in every JavaScript runtime, but not in the language's own library; declared here so the room stays pure.
declare class TextEncoder {
  encodeInto(text: string, into: Uint8Array): { read: number; written: number };
}
declare class TextDecoder {
  decode(bytes: Uint8Array): string;
}

/** Many texts in one byte array: 600,000 file names as strings would cost twice their bytes and as many objects. */
export interface PackedTexts {
  readonly bytes: Uint8Array;
  /** `count + 1` offsets into `bytes`. */
  readonly offsets: Uint32Array;
  at(i: number): string;
}

/** A file name's. */
const typicalBytes = 48;

/** A growing list of texts; `expected` how many, if that is known, so that it need not grow. */
export function packedTexts(expected = 127): { add(text: string): void; pack(): PackedTexts } {
  const encoder = new TextEncoder();
  let bytes = new Uint8Array(expected * typicalBytes);
  let offsets = new Uint32Array(expected + 1);
  let count = 0;
  let end = 0;
  return {
    add(text) {
      // One UTF-16 unit becomes at most three bytes of UTF-8.
      if (end + text.length * 3 > bytes.length) {
        const more = new Uint8Array(Math.max(bytes.length * 2, end + text.length * 3));
        more.set(bytes.subarray(0, end));
        bytes = more;
      }
      const ascii = writeAscii(text, bytes, end);
      end = ascii >= 0 ? ascii : end + encoder.encodeInto(text, bytes.subarray(end)).written;
      count++;
      if (count === offsets.length) {
        const more = new Uint32Array(offsets.length * 2);
        more.set(offsets);
        offsets = more;
      }
      offsets[count] = end;
    },
    pack() {
      return readTexts(bytes.subarray(0, end), offsets.subarray(0, count + 1));
    },
  };
}

/** Quicker than a view and a call, for texts this short. @returns where it ends; −1 when it is not ASCII. */
function writeAscii(text: string, into: Uint8Array, begin: number): number {
  let end = begin;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x80) return -1;
    into[end++] = code;
  }
  return end;
}

/** Texts over bytes and offsets that were packed before. */
export function readTexts(bytes: Uint8Array, offsets: Uint32Array): PackedTexts {
  const decoder = new TextDecoder();
  return { bytes, offsets, at: (i) => decoder.decode(bytes.subarray(offsets[i], offsets[i + 1])) };
}
