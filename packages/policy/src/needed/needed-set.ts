import { textHash } from '../facts/text-hash.ts';

declare class TextEncoder {
  encode(text: string): Uint8Array;
}

/** Tells whether a file is among many, by name. */
export interface FileNames {
  has(file: string): boolean;
}

/**
 * File names as sorted 52-bit hashes, 8 bytes each, for a blob. {@link readFileNames} reads them.
 *
 * Of a hundred thousand names one in forty thousand million others would be taken for one of them.
 */
export function packFileNames(files: Iterable<string>): Uint8Array {
  const hashes = Float64Array.from([...files].map(hashOf)).sort();
  return new Uint8Array(hashes.buffer);
}

/** Read what {@link packFileNames} wrote. */
export function readFileNames(bytes: Uint8Array): FileNames {
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
  const hashes = new Float64Array(buffer, byteOffset, byteLength / 8);
  return {
    has(file) {
      const wanted = hashOf(file);
      let from = 0;
      let to = hashes.length;
      while (from < to) {
        const middle = (from + to) >>> 1;
        if (hashes[middle]! < wanted) from = middle + 1;
        else to = middle;
      }
      return hashes[from] === wanted;
    },
  };
}

const encoder = new TextEncoder();

function hashOf(file: string): number {
  const [a, b] = textHash(encoder.encode(file));
  return a * 2 ** 20 + (b >>> 12);
}
