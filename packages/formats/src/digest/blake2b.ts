import { bytesToHex } from './hex.ts';

/** BLAKE2b with a digest of 32 bytes, which Node's crypto does not have: its `blake2b512` is another function, not a longer one. */
export interface Blake2b256 {
  update(bytes: Uint8Array): void;
  /** Lower-case hex; nothing may follow. */
  digest(): string;
}

const blockBytes = 128;
const digestBytes = 32;

/** The initial state: of SHA-512, as 32-bit halves, the low one first. */
const start = Uint32Array.of(
  0xf3bcc908,
  0x6a09e667,
  0x84caa73b,
  0xbb67ae85,
  0xfe94f82b,
  0x3c6ef372,
  0x5f1d36f1,
  0xa54ff53a,
  0xade682d1,
  0x510e527f,
  0x2b3e6c1f,
  0x9b05688c,
  0xfb41bd6b,
  0x1f83d9ab,
  0x137e2179,
  0x5be0cd19,
);

/** Which word of the message goes where, round by round; the last two are the first two again. */
const rounds = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
  [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
  [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
  [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
  [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];
const schedule = Uint8Array.from([...rounds, ...rounds.slice(0, 2)].flat(), (word) => word * 2);

/** The columns and diagonals that are mixed in each round, as places in `v`. */
const quarters = Uint8Array.from([
  0, 8, 16, 24, 2, 10, 18, 26, 4, 12, 20, 28, 6, 14, 22, 30, 0, 10, 20, 30, 2, 12, 22, 24, 4, 14, 16, 26, 6, 8, 18, 28,
]);

/** Begin to hash. @see RFC 7693 */
export function createBlake2b256(): Blake2b256 {
  const state = Uint32Array.from(start);
  state[0]! ^= 0x01010000 ^ digestBytes;
  const block = new Uint8Array(blockBytes);
  const words = new DataView(block.buffer);
  const m = new Uint32Array(32);
  const v = new Uint32Array(32);
  let filled = 0;
  let total = 0;

  function compress(last: boolean): void {
    v.set(state);
    v.set(start, 16);
    v[24]! ^= total % 2 ** 32;
    v[25]! ^= Math.floor(total / 2 ** 32);
    if (last) {
      v[28] = ~v[28]!;
      v[29] = ~v[29]!;
    }
    for (let i = 0; i < 32; i++) m[i] = words.getUint32(i * 4, true);
    for (let round = 0; round < 12; round++) {
      for (let i = 0; i < 8; i++) {
        const at = i * 4;
        const place = round * 16 + i * 2;
        mix(
          quarters[at]!,
          quarters[at + 1]!,
          quarters[at + 2]!,
          quarters[at + 3]!,
          schedule[place]!,
          schedule[place + 1]!,
        );
      }
    }
    for (let i = 0; i < 16; i++) state[i]! ^= v[i]! ^ v[i + 16]!;
  }

  /** The function G of the standard on four words of `v`. In local variables, which is four times as fast as in arrays. */
  function mix(a: number, b: number, c: number, d: number, x: number, y: number): void {
    let al = v[a]!;
    let ah = v[a + 1]!;
    let bl = v[b]!;
    let bh = v[b + 1]!;
    let cl = v[c]!;
    let ch = v[c + 1]!;
    const dl = v[d]!;
    const dh = v[d + 1]!;

    let sum = al + bl + m[x]!;
    al = sum >>> 0;
    ah = (ah + bh + m[x + 1]! + ((sum / 2 ** 32) | 0)) >>> 0;
    // Turned by 32: the halves change places.
    let el = (dh ^ ah) >>> 0;
    let eh = (dl ^ al) >>> 0;
    sum = cl + el;
    cl = sum >>> 0;
    ch = (ch + eh + ((sum / 2 ** 32) | 0)) >>> 0;
    let fl = bl ^ cl;
    let fh = bh ^ ch;
    bl = ((fl >>> 24) | (fh << 8)) >>> 0;
    bh = ((fh >>> 24) | (fl << 8)) >>> 0;

    sum = al + bl + m[y]!;
    al = sum >>> 0;
    ah = (ah + bh + m[y + 1]! + ((sum / 2 ** 32) | 0)) >>> 0;
    fl = el ^ al;
    fh = eh ^ ah;
    el = ((fl >>> 16) | (fh << 16)) >>> 0;
    eh = ((fh >>> 16) | (fl << 16)) >>> 0;
    sum = cl + el;
    cl = sum >>> 0;
    ch = (ch + eh + ((sum / 2 ** 32) | 0)) >>> 0;
    fl = bl ^ cl;
    fh = bh ^ ch;
    v[a] = al;
    v[a + 1] = ah;
    v[b] = (fl << 1) | (fh >>> 31);
    v[b + 1] = (fh << 1) | (fl >>> 31);
    v[c] = cl;
    v[c + 1] = ch;
    v[d] = el;
    v[d + 1] = eh;
  }

  return {
    update(bytes) {
      for (let at = 0; at < bytes.byteLength; ) {
        // The last block is told apart, so a full one waits until it is known whether more follows.
        if (filled === blockBytes) {
          total += filled;
          compress(false);
          filled = 0;
        }
        const taken = bytes.subarray(at, at + blockBytes - filled);
        block.set(taken, filled);
        filled += taken.byteLength;
        at += taken.byteLength;
      }
    },
    digest() {
      total += filled;
      block.fill(0, filled);
      compress(true);
      return bytesToHex(new Uint8Array(state.buffer, 0, digestBytes));
    },
  };
}
