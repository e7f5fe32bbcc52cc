import { corruptBzip2 } from './corrupt-bzip2.ts';

/** bzip2 allows codes of up to 20 bits. */
export const MAX_CODE_BITS = 20;
/** 256 bytes in move-to-front places 1…255, two run symbols, one end mark. */
export const MAX_SYMBOLS = 258;
/** Codes this short are looked up at once; longer ones are rare. */
export const LOOKUP_BITS = 10;

/** A canonical Huffman code, ready for decoding. Memory is reused from block to block. */
export type CodeTable = {
  /** By the next LOOKUP_BITS bits: symbol << 5 | length, or 0 where the code is longer (a length is never 0). */
  readonly lookup: Uint16Array;
  /** By length: one past the greatest code of that length. */
  readonly limit: Int32Array;
  /** By length: what to add to a code to find its symbol's place in `symbols`. */
  readonly base: Int32Array;
  /** Symbols in the order of their codes. */
  readonly symbols: Uint16Array;
};

/** An empty table. */
export function createCodeTable(): CodeTable {
  return {
    lookup: new Uint16Array(1 << LOOKUP_BITS),
    limit: new Int32Array(MAX_CODE_BITS + 1),
    base: new Int32Array(MAX_CODE_BITS + 1),
    symbols: new Uint16Array(MAX_SYMBOLS),
  };
}

/**
 * Assign codes to `count` symbols by their lengths (1…20).
 *
 * @throws {ArchiveError} `corrupt` when the lengths ask for more codes than there are.
 */
export function fillCodeTable(table: CodeTable, lengths: Uint8Array, count: number): void {
  table.lookup.fill(0);
  let code = 0;
  let placed = 0;
  for (let length = 1; length <= MAX_CODE_BITS; length++) {
    table.base[length] = placed - code;
    for (let symbol = 0; symbol < count; symbol++) {
      if (lengths[symbol] !== length) continue;
      table.symbols[placed++] = symbol;
      if (length <= LOOKUP_BITS) {
        const from = code << (LOOKUP_BITS - length);
        table.lookup.fill((symbol << 5) | length, from, from + (1 << (LOOKUP_BITS - length)));
      }
      code += 1;
    }
    if (code > 1 << length) throw corruptBzip2('more codes than their lengths allow');
    table.limit[length] = code;
    code <<= 1;
  }
}
