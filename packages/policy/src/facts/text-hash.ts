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

/** A 32-bit hash of a short text, such as a file name; quick, and good enough for a table. */
export function nameHash(text: string): number {
  let hash = 0x9e3779b1 ^ text.length;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x2c1b3c6d);
    hash ^= hash >>> 15;
  }
  return mix(hash);
}

/** The hash of a record: of its text and of the file name it stands under, since two files may have one text. */
export function recordHash(file: string, body: Uint8Array): [number, number] {
  const [a, b] = textHash(body);
  const name = nameHash(file);
  return [(a ^ name) >>> 0, (b ^ mix(name)) >>> 0];
}

/** A bijection on 32-bit words that spreads every input bit. */
function mix(word: number): number {
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return (word ^ (word >>> 16)) >>> 0;
}
