import { textHash } from '../facts/text-hash.ts';

declare class TextEncoder {
  encode(text: string): Uint8Array;
}
declare class TextDecoder {
  decode(bytes: Uint8Array): string;
}

/** The files that come along with a layer beside what its own filters choose. */
export interface NeededSet {
  has(part: string, file: string): boolean;
}

/** Of what a mirror keeps: it came along when its upstream still had it, and nothing can be worked out of it alone. */
export const asItCame: NeededSet = { has: () => true };

/** The same, with what tells two such sets apart. */
export interface StoredNeeded extends NeededSet {
  /** By part, each package name of which files come along, with a sum over these files. */
  sums(): NameSums;
}

type NameSums = Record<string, Record<string, string>>;

/** A file that comes along. */
export interface NeededFile {
  part: string;
  name: string;
  file: string;
}

/**
 * Files as sorted 52-bit hashes, 8 bytes each, and the sums of their package names, for a blob. {@link readNeeded} reads it.
 *
 * Of a hundred thousand files one in forty thousand million others would be taken for one of them.
 */
export function packNeeded(files: Iterable<NeededFile>): Uint8Array {
  const hashes: number[] = [];
  const sums = new Map<string, Map<string, [number, number]>>();
  for (const { part, name, file } of files) {
    const [a, b] = textHash(encoder.encode(`${part}/${file}`));
    hashes.push(numberOf(a, b));
    const ofPart = sums.get(part) ?? new Map<string, [number, number]>();
    sums.set(part, ofPart);
    const [x, y] = ofPart.get(name) ?? [0, 0];
    ofPart.set(name, [(x ^ a) >>> 0, (y ^ b) >>> 0]);
  }
  const text = (words: [number, number]) => words.map((word) => word.toString(36)).join('.');
  const names = Array.from(sums, ([part, ofPart]) => [
    part,
    Object.fromEntries(Array.from(ofPart, ([name, words]) => [name, text(words)])),
  ]);
  const tail = encoder.encode(JSON.stringify(Object.fromEntries(names)));
  const head = Float64Array.of(hashes.length);
  const packed = new Uint8Array(8 + hashes.length * 8 + tail.length);
  packed.set(new Uint8Array(head.buffer));
  packed.set(new Uint8Array(Float64Array.from(hashes).sort().buffer), 8);
  packed.set(tail, 8 + hashes.length * 8);
  return packed;
}

/** Read what {@link packNeeded} wrote. */
export function readNeeded(bytes: Uint8Array): StoredNeeded {
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
  const count = new Float64Array(buffer, byteOffset, 1)[0]!;
  const hashes = new Float64Array(buffer, byteOffset + 8, count);
  const end = 8 + count * 8;
  return {
    has(part, file) {
      const wanted = numberOf(...textHash(encoder.encode(`${part}/${file}`)));
      let from = 0;
      let to = hashes.length;
      while (from < to) {
        const middle = (from + to) >>> 1;
        if (hashes[middle]! < wanted) from = middle + 1;
        else to = middle;
      }
      return hashes[from] === wanted;
    },
    sums: () => JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, byteOffset + end, byteLength - end))),
  };
}

/** By part, the package names of which other files come along than before. */
export function changedNeeded(before: StoredNeeded, after: StoredNeeded): Map<string, string[]> {
  const [old, now] = [before.sums(), after.sums()];
  const changed = new Map<string, string[]>();
  for (const part of new Set([...Object.keys(old), ...Object.keys(now)])) {
    const [was, is] = [old[part] ?? {}, now[part] ?? {}];
    const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter((name) => was[name] !== is[name]);
    if (names.length > 0) changed.set(part, names);
  }
  return changed;
}

const encoder = new TextEncoder();

function numberOf(a: number, b: number): number {
  return a * 2 ** 20 + (b >>> 12);
}
