import type { BitReader } from './bit-reader.ts';
import { endedEarly } from './bit-reader.ts';
import {
  type CodeTable,
  createCodeTable,
  fillCodeTable,
  LOOKUP_BITS,
  MAX_CODE_BITS,
  MAX_SYMBOLS,
} from './code-table.ts';
import { corruptBzip2 } from './corrupt-bzip2.ts';

/** Symbols coded with one table before the next selector. */
const GROUP_SYMBOLS = 50;
const MIN_TABLES = 2;
const MAX_TABLES = 6;

/** What decoding a block needs, made once a stream. */
export type BlockMemory = {
  /** After {@link decodeBlock}: a byte in the low 8 bits, the place of its successor above. */
  readonly links: Uint32Array;
  readonly selectors: Uint8Array;
  readonly tables: readonly CodeTable[];
};

/** Memory for blocks of up to `blockBytes` (900,000 at most) before run-length expansion: 4 bytes each and some. */
export function createBlockMemory(blockBytes: number): BlockMemory {
  return {
    links: new Uint32Array(blockBytes),
    selectors: new Uint8Array(1 << 15),
    tables: Array.from({ length: MAX_TABLES }, createCodeTable),
  };
}

/** A decoded block: `length` bytes reached by following `memory.links` from `first`. `checksum` is what they must have, expanded. */
export type DecodedBlock = { readonly length: number; readonly first: number; readonly checksum: number };

/**
 * Decode one block, after its magic number: Huffman codes, then move-to-front, then the inverse Burrows-Wheeler transform
 * as a chain of links.
 *
 * @throws {ArchiveError} `truncated`, `corrupt`.
 */
export function decodeBlock(reader: BitReader, memory: BlockMemory): DecodedBlock {
  const checksum = reader.read32();
  if (reader.read(1) === 1) throw corruptBzip2('a randomised block, as only bzip2 before 1.0 wrote them');
  const origin = reader.read(24);

  const bytes = readUsedBytes(reader);
  const symbols = bytes.length + 2;
  const tables = reader.read(3);
  if (tables < MIN_TABLES || tables > MAX_TABLES) throw corruptBzip2(`${tables} code tables`);
  const selectors = readSelectors(reader, memory.selectors, tables);
  for (let table = 0; table < tables; table++) readTable(reader, memory.tables[table]!, symbols);

  const counts = new Int32Array(256);
  const length = readSymbols(reader, memory, selectors, bytes, counts);
  if (origin >= length) throw corruptBzip2('a start outside the block');
  linkSuccessors(memory.links, length, counts);
  return { length, first: memory.links[origin]! >>> 8, checksum };
}

/** The bytes that occur in the block, ascending. */
function readUsedBytes(reader: BitReader): Uint8Array {
  const used: number[] = [];
  const groups = reader.read(16);
  for (let group = 0; group < 16; group++) {
    if ((groups & (0x8000 >> group)) === 0) continue;
    const members = reader.read(16);
    for (let member = 0; member < 16; member++) {
      if ((members & (0x8000 >> member)) !== 0) used.push(group * 16 + member);
    }
  }
  if (used.length === 0) throw corruptBzip2('a block without bytes');
  return Uint8Array.from(used);
}

function readSelectors(reader: BitReader, into: Uint8Array, tables: number): number {
  const selectors = reader.read(15);
  if (selectors === 0) throw corruptBzip2('no selectors');
  const recent = [0, 1, 2, 3, 4, 5];
  for (let index = 0; index < selectors; index++) {
    let place = 0;
    while (reader.read(1) === 1) {
      place += 1;
      if (place >= tables) throw corruptBzip2('a selector of a table that is not there');
    }
    const [table] = recent.splice(place, 1);
    recent.unshift(table!);
    into[index] = table!;
  }
  return selectors;
}

function readTable(reader: BitReader, table: CodeTable, symbols: number): void {
  const lengths = new Uint8Array(MAX_SYMBOLS);
  let length = reader.read(5);
  for (let symbol = 0; symbol < symbols; symbol++) {
    for (;;) {
      if (length < 1 || length > MAX_CODE_BITS) throw corruptBzip2(`a code of ${length} bits`);
      if (reader.read(1) === 0) break;
      length += reader.read(1) === 0 ? 1 : -1;
    }
    lengths[symbol] = length;
  }
  fillCodeTable(table, lengths, symbols);
}

/**
 * The symbols of the block as bytes into the low 8 bits of `memory.links`, with their counts.
 * The loop every byte passes: the reader's fields are local here, and put back at the end.
 */
function readSymbols(
  reader: BitReader,
  memory: BlockMemory,
  selectors: number,
  bytes: Uint8Array,
  counts: Int32Array,
): number {
  const { links } = memory;
  const { window, end } = reader;
  let { position, bits, count } = reader;
  const recent = bytes;
  const endMark = bytes.length + 1;
  let length = 0;
  let run = 0;
  let runPlace = 1;
  let selector = 0;
  let left = 0;
  let table = memory.tables[0]!;

  for (;;) {
    if (left === 0) {
      if (selector === selectors) throw corruptBzip2('more symbols than selectors');
      table = memory.tables[memory.selectors[selector++]!]!;
      left = GROUP_SYMBOLS;
    }
    left -= 1;

    while (count < MAX_CODE_BITS) {
      // Zeros past the end: whether they were used shows below, when the count is negative.
      bits = (bits << 8) | (position < end ? window[position]! : 0);
      position += 1;
      count += 8;
    }
    let symbol: number;
    const entry = table.lookup[(bits >>> (count - LOOKUP_BITS)) & ((1 << LOOKUP_BITS) - 1)]!;
    if (entry !== 0) {
      count -= entry & 31;
      symbol = entry >>> 5;
    } else {
      let size = LOOKUP_BITS + 1;
      let code = (bits >>> (count - size)) & ((1 << size) - 1);
      while (code >= table.limit[size]!) {
        size += 1;
        if (size > MAX_CODE_BITS) throw position > end ? endedEarly() : corruptBzip2('a code that stands for nothing');
        code = (bits >>> (count - size)) & ((1 << size) - 1);
      }
      count -= size;
      symbol = table.symbols[code + table.base[size]!]!;
    }
    if ((position - end) * 8 > count) throw endedEarly();

    if (symbol <= 1) {
      // Runs are numbers in base 2 with the digits 1 and 2, least significant first.
      run += runPlace << symbol;
      runPlace <<= 1;
      if (run > links.length - length) throw corruptBzip2('a run longer than the block');
      continue;
    }
    if (run > 0) {
      const byte = recent[0]!;
      counts[byte]! += run;
      links.fill(byte, length, length + run);
      length += run;
      run = 0;
      runPlace = 1;
    }
    if (symbol === endMark) break;
    if (length === links.length) throw corruptBzip2('more bytes than the block holds');

    const place = symbol - 1;
    const byte = recent[place]!;
    if (place < 16) for (let at = place; at > 0; at--) recent[at] = recent[at - 1]!;
    else recent.copyWithin(1, 0, place);
    recent[0] = byte;
    counts[byte]! += 1;
    links[length++] = byte;
  }

  // Bytes past the end that were put into `bits` were never used: give them back.
  while (position > end) {
    position -= 1;
    bits >>>= 8;
    count -= 8;
  }
  reader.position = position;
  reader.bits = bits;
  reader.count = count;
  return length;
}

/** Turn counts into places and write each byte's successor into the upper 24 bits. */
function linkSuccessors(links: Uint32Array, length: number, counts: Int32Array): void {
  let sum = 0;
  for (let byte = 0; byte < 256; byte++) {
    const count = counts[byte]!;
    counts[byte] = sum;
    sum += count;
  }
  for (let index = 0; index < length; index++) {
    const byte = links[index]! & 0xff;
    const place = counts[byte]!++;
    links[place] = links[place]! | (index << 8);
  }
}
