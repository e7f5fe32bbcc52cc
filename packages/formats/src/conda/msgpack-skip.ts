/**
 * Where the msgpack value that begins at `at` ends, without making anything of it; −1 when it is none, or goes beyond the end.
 * Extension types count as none: no shard of ours has them.
 */
export function skipMsgpack(bytes: Uint8Array, at: number): number {
  let left = 1;
  while (left > 0) {
    left--;
    const head = bytes[at++]!;
    // In the order of how often they come in a record.
    if (head >= 0xa0 && head < 0xc0) at += head & 0x1f;
    else if (head < 0x80 || head >= 0xe0) continue;
    else if (head < 0x90) left += 2 * (head & 0x0f);
    else if (head < 0xa0) left += head & 0x0f;
    else {
      const size = lengthSize(head);
      if (size > 0) {
        const length = bigEndian(bytes, at, size);
        at += size;
        if (head >= 0xde) left += 2 * length;
        else if (head >= 0xdc) left += length;
        else at += length;
      } else {
        const plain = plainSize(head);
        if (plain < 0) return -1;
        at += plain;
      }
    }
    // Not a number where the bytes end before a length does.
    if (!(at <= bytes.length && left <= bytes.length)) return -1;
  }
  return at;
}

/** The header of a map: how many members it has, and where the first begins; undefined where there is none. */
export function readMapHeader(bytes: Uint8Array, at: number): { count: number; start: number } | undefined {
  const head = bytes[at]!;
  if ((head & 0xf0) === 0x80) return { count: head & 0x0f, start: at + 1 };
  if (head === 0xde) return { count: bigEndian(bytes, at + 1, 2), start: at + 3 };
  return head === 0xdf ? { count: bigEndian(bytes, at + 1, 4), start: at + 5 } : undefined;
}

/** Where the text begins whose header stands at `at`; −1 where there is none. It goes as far as the value does. */
export function textStart(bytes: Uint8Array, at: number): number {
  const head = bytes[at]!;
  if (head >= 0xa0 && head < 0xc0) return at + 1;
  return head >= 0xd9 && head <= 0xdb ? at + 1 + lengthSize(head) : -1;
}

/** The unsigned integer at `at`; undefined where there is none. */
export function readUnsigned(bytes: Uint8Array, at: number): number | undefined {
  const head = bytes[at]!;
  if (head < 0x80) return head;
  return head >= 0xcc && head <= 0xcf ? bigEndian(bytes, at + 1, plainSize(head)) : undefined;
}

/** Bytes of the length behind a head; 0 where there is none. */
function lengthSize(head: number): number {
  switch (head) {
    case 0xc4:
    case 0xd9:
      return 1;
    case 0xc5:
    case 0xda:
    case 0xdc:
    case 0xde:
      return 2;
    case 0xc6:
    case 0xdb:
    case 0xdd:
    case 0xdf:
      return 4;
    default:
      return 0;
  }
}

/** Bytes behind the head of nil, a boolean or a number; −1 for any other. */
function plainSize(head: number): number {
  if (head === 0xc0 || head === 0xc2 || head === 0xc3) return 0;
  if (head === 0xca) return 4;
  if (head === 0xcb) return 8;
  return head >= 0xcc && head <= 0xd3 ? 1 << (head & 0x03) : -1;
}

/** NaN beyond the end. */
function bigEndian(bytes: Uint8Array, at: number, size: number): number {
  let number = 0;
  for (let i = 0; i < size; i++) number = number * 256 + bytes[at + i]!;
  return number;
}
