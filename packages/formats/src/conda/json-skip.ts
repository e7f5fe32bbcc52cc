/**
 * Where a walk over one JSON value stands between two chunks.
 *
 * `fault` says why a walk gave up, at the byte before the index it returned.
 */
export interface JsonSkip {
  /** The chunk ended on a backslash: the first byte of the next one belongs to it. */
  escaped: boolean;
  /** A backslash was met in the string walked last. */
  hadEscape: boolean;
  inString: boolean;
  depth: number;
  brackets: Uint8Array;
  fault: 'depth' | 'bracket' | undefined;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;

/** A walk that has not begun. */
export function newJsonSkip(maxDepth: number): JsonSkip {
  return {
    escaped: false,
    hadEscape: false,
    inString: false,
    depth: 0,
    brackets: new Uint8Array(maxDepth),
    fault: undefined,
  };
}

/** Begin an object or array whose first bracket is `bracket`. */
export function enterNested(skip: JsonSkip, bracket: number): void {
  skip.brackets[0] = bracket;
  skip.depth = 1;
  skip.inString = false;
}

/**
 * Walk the rest of a string from `i`.
 *
 * @returns the index behind its closing quote, or more than the chunk's length when the chunk ends first.
 */
export function skipString(skip: JsonSkip, chunk: Uint8Array, i: number): number {
  const n = chunk.length;
  if (skip.escaped) {
    skip.escaped = false;
    i++;
  }
  while (i < n) {
    const c = chunk[i++];
    if (c === QUOTE) return i;
    if (c === BACKSLASH) {
      skip.hadEscape = true;
      if (i === n) skip.escaped = true;
      i++;
    }
  }
  return n + 1;
}

/**
 * Walk the rest of an object or array from `i`, minding strings and the kind of every bracket. All other bytes pass:
 * this finds the end of a value, it does not vouch for it. The hot loop of the whole scan.
 *
 * @returns the index behind its last bracket, or more than the chunk's length when the chunk ends first; look at
 *   `fault` before using it.
 */
export function skipNested(skip: JsonSkip, chunk: Uint8Array, i: number): number {
  const n = chunk.length;
  const { brackets } = skip;
  let { depth, inString } = skip;
  if (skip.escaped) {
    skip.escaped = false;
    i++;
  }
  for (;;) {
    if (inString) {
      while (i < n) {
        const c = chunk[i++];
        if (c === QUOTE) {
          inString = false;
          break;
        }
        if (c === BACKSLASH) {
          if (i === n) skip.escaped = true;
          i++;
        }
      }
    }
    while (i < n) {
      const c = chunk[i++]!;
      if (c === QUOTE) {
        inString = true;
        break;
      }
      // `[` and `]` differ from `{` and `}` in the one bit 0x20, a closing bracket from its opening one by 2.
      const shape = c | 0x20;
      if (shape === OPEN_BRACE) {
        if (depth === brackets.length) {
          skip.fault = 'depth';
          return i;
        }
        brackets[depth++] = c;
      } else if (shape === CLOSE_BRACE) {
        if (brackets[--depth] !== c - 2) {
          skip.fault = 'bracket';
          return i;
        }
        if (depth === 0) return i;
      }
    }
    if (i >= n) {
      skip.depth = depth;
      skip.inString = inString;
      return n + 1;
    }
  }
}

/**
 * Walk the rest of a number or word from `i`.
 *
 * @returns the index of the byte that ends it, or more than the chunk's length when the chunk ends first.
 */
export function skipScalar(chunk: Uint8Array, i: number): number {
  const n = chunk.length;
  while (i < n) {
    const c = chunk[i]!;
    if (c <= 0x20 || c === COMMA || c === CLOSE_BRACE || c === CLOSE_BRACKET) return i;
    i++;
  }
  return n + 1;
}
