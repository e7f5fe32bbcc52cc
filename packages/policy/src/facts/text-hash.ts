/**
 * A 64-bit hash of bytes as two 32-bit words, to notice change. Not a digest: it proves nothing about who wrote them.
 *
 * Four bytes a step, two lanes with different multipliers; a full avalanche at the end.
 */
export function textHash(bytes: Uint8Array): [number, number] {
  return textHashAt(bytes, 0, bytes.length);
}

/** {@link textHash} of a text that lies in `bytes`. */
function textHashAt(bytes: Uint8Array, from: number, to: number): [number, number] {
  hashInto(made, viewOf(bytes), from, to);
  return [made[0]!, made[1]!];
}

/** The words of the text that was hashed last. */
const made = new Uint32Array(2);

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** {@link textHash} of a text in what `view` shows, into two words: takes no memory, for hundreds of thousands are asked of. */
export function hashInto(words: Uint32Array, view: DataView, from: number, to: number): void {
  let a = 0x9e3779b1 ^ (to - from);
  let b = 0x85ebca77 ^ (to - from);
  const whole = from + ((to - from) & ~3);
  let i = from;
  for (; i < whole; i += 4) {
    const word = view.getInt32(i, true);
    a = Math.imul(a ^ word, 0x2c1b3c6d);
    a ^= a >>> 15;
    b = Math.imul(b + word, 0x297a2d39);
    b ^= b >>> 13;
  }
  for (; i < to; i++) {
    const byte = view.getUint8(i);
    a = Math.imul(a ^ byte, 0x2c1b3c6d);
    b = Math.imul(b + byte, 0x297a2d39);
    b ^= b >>> 13;
  }
  words[0] = mix(a ^ (b >>> 7));
  words[1] = mix(b ^ (a << 9));
}

/** A 32-bit hash of a short text, such as a file name; quick, and good enough for a table. */
export function nameHash(text: string): number {
  let hash = 0x9e3779b1 ^ text.length;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x2c1b3c6d);
    hash ^= hash >>> 15;
  }
  return mix(hash);
}

/** {@link nameHash} of an ASCII text that lies in `bytes`. */
export function nameHashAt(bytes: Uint8Array, begin: number, end: number): number {
  let hash = 0x9e3779b1 ^ (end - begin);
  for (let i = begin; i < end; i++) {
    hash = Math.imul(hash ^ bytes[i]!, 0x2c1b3c6d);
    hash ^= hash >>> 15;
  }
  return mix(hash);
}

/** What a record is listed with, beside its text. */
export interface ListedWith {
  /** Whether it stands in the v3 bucket. */
  v3?: boolean | undefined;
  /** What else was read of it, as JSON text: of conda its run exports, of Python and R what the index does not say; null when nothing is known. */
  extra?: Uint8Array | null | undefined;
  /** Of conda: who signed it, as JSON text; null for nobody. */
  signatures?: Uint8Array | null | undefined;
}

/**
 * The hash of a record as it is listed: of its text, of the file name it stands under, since two files may have one text,
 * and of what it is listed with. Equal words mean that a shard has the same of it.
 */
export function recordHash(file: string, body: Uint8Array, listed: ListedWith = {}): [number, number] {
  return listedHash(nameHash(file), textHash(body), {
    v3: listed.v3 === true,
    extra: listed.extra && textHash(listed.extra),
    signatures: listed.signatures && textHash(listed.signatures),
  });
}

/** Where a record lies in a larger buffer; each end is behind the last byte. */
export interface RecordPlace {
  bytes: Uint8Array;
  /** The file name, in ASCII. */
  fileAt: number;
  fileEnd: number;
  bodyAt: number;
  bodyEnd: number;
  v3: boolean;
  /** Negative when the run exports are not known. */
  extraAt: number;
  extraEnd: number;
  /** Negative when nobody signed it. */
  signaturesAt: number;
  signaturesEnd: number;
}

/** The {@link recordHash} of a record where it lies: for hundreds of thousands of them views would cost more than hashing. */
export function recordHashAt(place: RecordPlace): [number, number] {
  const { bytes, v3, extraAt, extraEnd, signaturesAt, signaturesEnd } = place;
  const extra = extraAt < 0 ? undefined : textHashAt(bytes, extraAt, extraEnd);
  const signatures = signaturesAt < 0 ? undefined : textHashAt(bytes, signaturesAt, signaturesEnd);
  const name = nameHashAt(bytes, place.fileAt, place.fileEnd);
  return listedHash(name, textHashAt(bytes, place.bodyAt, place.bodyEnd), { v3, extra, signatures });
}

/** Where a record lies that is listed with nothing, in a classic map. */
interface BareRecordPlace extends Pick<RecordPlace, 'bytes' | 'fileAt' | 'fileEnd' | 'bodyAt' | 'bodyEnd'> {
  /** Of all of `bytes`. */
  view: DataView;
}

/**
 * Whether the record there has the {@link recordHash} that stands in `words` from `at` on. Takes no memory, for hundreds of
 * thousands are asked of.
 */
export function hasRecordHash(place: BareRecordPlace, words: Uint32Array, at: number): boolean {
  const name = nameHashAt(place.bytes, place.fileAt, place.fileEnd);
  hashInto(made, place.view, place.bodyAt, place.bodyEnd);
  return words[at] === (made[0]! ^ name) >>> 0 && words[at + 1] === (made[1]! ^ mix(name)) >>> 0;
}

type Halves = [number, number];

function listedHash(
  name: number,
  [bodyA, bodyB]: [number, number],
  { v3, extra, signatures }: { v3: boolean; extra: Halves | null | undefined; signatures: Halves | null | undefined },
): [number, number] {
  let [a, b] = [(bodyA ^ name) >>> 0, (bodyB ^ mix(name)) >>> 0];
  if (v3) [a, b] = joined(a, b, 0x76_33_00_01, 0x76_33_00_02);
  if (extra) [a, b] = joined(a, b, ...extra);
  // Turned round, so that the same text is not the same as an extra.
  if (signatures) [a, b] = joined(a, b, signatures[1], signatures[0]);
  return [a, b];
}

/** Two hashes as one; not the same the other way round. */
function joined(a: number, b: number, c: number, d: number): [number, number] {
  return [mix(Math.imul(a, 0x2c1b3c6d) + c), mix(Math.imul(b, 0x297a2d39) + d)];
}

/** A bijection on 32-bit words that spreads every input bit. */
function mix(word: number): number {
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return (word ^ (word >>> 16)) >>> 0;
}
