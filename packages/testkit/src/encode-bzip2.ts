/** Smallest block size: level 1. Blocks are kept well below it, for run-length coding may add a quarter. */
const LEVEL = 1;
const BLOCK_INPUT_BYTES = 75_000;
const GROUP_SYMBOLS = 50;

/**
 * Encode bzip2 for tests, so that they need no binary. Valid and deterministic, not small: every symbol gets a code of the same length.
 * Some 0.3 MB a second.
 */
export function encodeBzip2(input: Uint8Array): Buffer {
  const out = createBitWriter();
  for (const byte of Buffer.from(`BZh${LEVEL}`)) out.write(byte, 8);
  let combined = 0;
  for (let at = 0; at < input.length; at += BLOCK_INPUT_BYTES) {
    const piece = input.subarray(at, at + BLOCK_INPUT_BYTES);
    const checksum = checksumOf(piece);
    combined = ((combined << 1) | (combined >>> 31)) ^ checksum;
    writeBlock(out, shortenRuns(piece), checksum);
  }
  out.write(0x177245, 24);
  out.write(0x385090, 24);
  out.write32(combined);
  return out.end();
}

function writeBlock(out: BitWriter, bytes: Uint8Array, checksum: number): void {
  out.write(0x314159, 24);
  out.write(0x265359, 24);
  out.write32(checksum);
  out.write(0, 1);
  const { last, origin } = sortRotations(bytes);
  out.write(origin, 24);

  const used = [...new Set(last)].sort((one, other) => one - other);
  const groups = Array.from({ length: 16 }, (_, group) => used.filter((byte) => byte >> 4 === group));
  out.write(bitmap(groups.flatMap((members, group) => (members.length > 0 ? [group] : []))), 16);
  for (const members of groups) if (members.length > 0) out.write(bitmap(members.map((byte) => byte & 15)), 16);

  const symbols = moveToFront(last, used);
  const count = used.length + 2;
  const length = Math.ceil(Math.log2(count));
  const selectors = Math.ceil(symbols.length / GROUP_SYMBOLS);
  const tables = 2;
  out.write(tables, 3);
  out.write(selectors, 15);
  for (let selector = 0; selector < selectors; selector++) out.write(0, 1);
  for (let table = 0; table < tables; table++) {
    out.write(length, 5);
    for (let symbol = 0; symbol < count; symbol++) out.write(0, 1);
  }
  for (const symbol of symbols) out.write(symbol, length);
}

/** Four equal bytes are followed by a count of further ones. */
function shortenRuns(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at]!;
    let run = 1;
    while (run < 255 + 4 && bytes[at + run] === byte) run += 1;
    for (let index = 0; index < Math.min(run, 4); index++) out.push(byte);
    if (run >= 4) out.push(run - 4);
    at += run;
  }
  return Uint8Array.from(out);
}

/** The last column of the sorted rotations, and the row of the text itself; sorted by doubling prefixes. */
function sortRotations(bytes: Uint8Array): { last: Uint8Array; origin: number } {
  const size = bytes.length;
  let rank = Int32Array.from(bytes);
  const rows = Int32Array.from({ length: size }, (_, index) => index);
  for (let width = 1; ; width *= 2) {
    const at = (row: number) => rank[(row + width) % size]!;
    rows.sort((one, other) => rank[one]! - rank[other]! || at(one) - at(other));
    const next = new Int32Array(size);
    for (let index = 1; index < size; index++) {
      const [before, here] = [rows[index - 1]!, rows[index]!];
      const same = rank[before] === rank[here] && at(before) === at(here);
      next[here] = next[before]! + (same ? 0 : 1);
    }
    rank = next;
    if (width >= size || rank[rows[size - 1]!] === size - 1) break;
  }
  return { last: Uint8Array.from(rows, (row) => bytes[(row + size - 1) % size]!), origin: rows.indexOf(0) };
}

/** Places in a list of recent bytes, runs of the first place as numbers of the digits 0 and 1, and an end mark. */
function moveToFront(bytes: Uint8Array, used: readonly number[]): number[] {
  const recent = [...used];
  const symbols: number[] = [];
  let run = 0;
  const endRun = () => {
    for (; run > 0; run = (run - 1) >> 1) symbols.push((run - 1) & 1);
  };
  for (const byte of bytes) {
    const place = recent.indexOf(byte);
    if (place === 0) {
      run += 1;
      continue;
    }
    endRun();
    recent.splice(place, 1);
    recent.unshift(byte);
    symbols.push(place + 1);
  }
  endRun();
  symbols.push(used.length + 1);
  return symbols;
}

function bitmap(places: readonly number[]): number {
  return places.reduce((bits, place) => bits | (0x8000 >> place), 0);
}

function checksumOf(bytes: Uint8Array): number {
  let checksum = -1;
  for (const byte of bytes) {
    checksum ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) checksum = checksum < 0 ? (checksum << 1) ^ 0x04c11db7 : checksum << 1;
  }
  return ~checksum;
}

type BitWriter = { write(value: number, length: number): void; write32(value: number): void; end(): Buffer };

function createBitWriter(): BitWriter {
  const bytes: number[] = [];
  let bits = 0;
  let count = 0;
  const write = (value: number, length: number) => {
    for (let bit = length - 1; bit >= 0; bit--) {
      bits = (bits << 1) | ((value >>> bit) & 1);
      count += 1;
      if (count < 8) continue;
      bytes.push(bits & 0xff);
      count = 0;
    }
  };
  return {
    write,
    write32(value) {
      write(value >>> 16, 16);
      write(value & 0xffff, 16);
    },
    end() {
      while (count > 0) write(0, 1);
      return Buffer.from(bytes);
    },
  };
}
