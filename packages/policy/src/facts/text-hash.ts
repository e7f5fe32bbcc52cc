/**
 * A 64-bit hash of bytes as two 32-bit words, to notice change. Not a digest: it proves nothing about who wrote them.
 *
 * Four bytes a step, two lanes with different multipliers; a full avalanche at the end.
 */
export function textHash(bytes: Uint8Array): [number, number] {
  let a = 0x9e3779b1 ^ bytes.length;
  let b = 0x85ebca77 ^ bytes.length;
  const whole = bytes.length & ~3;
  let i = 0;
  for (; i < whole; i += 4) {
    const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    a = Math.imul(a ^ word, 0x2c1b3c6d);
    a ^= a >>> 15;
    b = Math.imul(b + word, 0x297a2d39);
    b ^= b >>> 13;
  }
  for (; i < bytes.length; i++) {
    a = Math.imul(a ^ bytes[i]!, 0x2c1b3c6d);
    b = Math.imul(b + bytes[i]!, 0x297a2d39);
    b ^= b >>> 13;
  }
  return [mix(a ^ (b >>> 7)), mix(b ^ (a << 9))];
}

declare class TextEncoder {
  encode(text: string): Uint8Array;
}

/** The hash of a record: of its text and of the file name it stands under, since two files may have one text. */
export function recordHash(file: string, body: Uint8Array): [number, number] {
  const [a, b] = textHash(body);
  const [c, d] = textHash(new TextEncoder().encode(file));
  return [(a ^ c) >>> 0, (b ^ d) >>> 0];
}

/** A bijection on 32-bit words that spreads every input bit. */
function mix(word: number): number {
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return (word ^ (word >>> 16)) >>> 0;
}
