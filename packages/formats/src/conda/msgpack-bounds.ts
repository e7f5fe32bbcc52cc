/** A shard nests six deep at most. */
const maxDepth = 64;

/** More than a shard of 64 MB or an index of a million names has. A decoded value takes up to a hundred bytes, on the wire one. */
const mostValues = 4_000_000;

/**
 * Whether bytes hold exactly one complete msgpack value, nested at most 64 deep, of at most four million values in all.
 *
 * The decoder makes room for as many members as a header claims before it sees them, so a few bytes could cost
 * gigabytes. Of a value that is complete, every member claimed is there; and there are not so many that the decoded ones,
 * which take far more room than their bytes, fill the memory.
 */
export function isWholeMsgpack(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const open = [1];
  let i = 0;
  let values = 0;
  while (open.length > 0) {
    const left = open[open.length - 1]!;
    if (left === 0) {
      open.pop();
      continue;
    }
    if (++values > mostValues) return false;
    open[open.length - 1] = left - 1;
    const item = i < bytes.length ? measure(view, i) : undefined;
    if (item === undefined || item.bytes > bytes.length - i || item.members > bytes.length) return false;
    i += item.bytes;
    if (item.members > 0 && open.push(item.members) > maxDepth) return false;
  }
  return i === bytes.length;
}

interface Item {
  /** Of the header and, for a leaf, its content. */
  bytes: number;
  /** Values inside; a map's entry counts two. */
  members: number;
}

function measure(view: DataView, at: number): Item | undefined {
  const head = view.getUint8(at);
  if (head < 0x80 || head >= 0xe0) return leaf(1);
  if (head < 0x90) return { bytes: 1, members: 2 * (head - 0x80) };
  if (head < 0xa0) return { bytes: 1, members: head - 0x90 };
  if (head < 0xc0) return leaf(1 + head - 0xa0);
  if (head === 0xc0 || head === 0xc2 || head === 0xc3) return leaf(1);
  if (head >= 0xca && head <= 0xd3) return leaf(1 + [4, 8, 1, 2, 4, 8, 1, 2, 4, 8][head - 0xca]!);
  if (head >= 0xd4 && head <= 0xd8) return leaf(2 + 2 ** (head - 0xd4));
  switch (head) {
    case 0xc4:
    case 0xd9:
      return leaf(2 + lengthAt(view, at + 1, 1));
    case 0xc5:
    case 0xda:
      return leaf(3 + lengthAt(view, at + 1, 2));
    case 0xc6:
    case 0xdb:
      return leaf(5 + lengthAt(view, at + 1, 4));
    case 0xc7:
      return leaf(3 + lengthAt(view, at + 1, 1));
    case 0xc8:
      return leaf(4 + lengthAt(view, at + 1, 2));
    case 0xc9:
      return leaf(6 + lengthAt(view, at + 1, 4));
    case 0xdc:
      return { bytes: 3, members: lengthAt(view, at + 1, 2) };
    case 0xdd:
      return { bytes: 5, members: lengthAt(view, at + 1, 4) };
    case 0xde:
      return { bytes: 3, members: 2 * lengthAt(view, at + 1, 2) };
    case 0xdf:
      return { bytes: 5, members: 2 * lengthAt(view, at + 1, 4) };
    default:
      return undefined;
  }
}

function leaf(bytes: number): Item {
  return { bytes, members: 0 };
}

/** Infinity where the bytes end before the length does. */
function lengthAt(view: DataView, at: number, width: 1 | 2 | 4): number {
  if (at + width > view.byteLength) return Number.POSITIVE_INFINITY;
  if (width === 1) return view.getUint8(at);
  return width === 2 ? view.getUint16(at) : view.getUint32(at);
}
