import { FormatError } from '../errors.ts';
import { createByteSource } from './byte-source.ts';
import type { RAttributes, RValue } from './rds-value.ts';

/** What reading may cost. */
export interface RdsLimits {
  /** Values, elements of vectors and attributes, all together. */
  readonly elements: number;
  /** Lists within lists. */
  readonly depth: number;
}

/** CRAN's archive.rds has 1.7 million elements. */
const usual: RdsLimits = { elements: 20_000_000, depth: 20 };

const code = { reference: 0xff, nil: 0xfe, symbol: 1, pairs: 2, string: 9, altrep: 238 } as const;
const withAttributes = 0x200;
const withTag = 0x400;

/**
 * Read the data of an .rds file, uncompressed XDR of version 2 or 3: vectors, lists and their attributes. Functions,
 * environments and all that could run is refused, so nothing of it can.
 *
 * @throws {FormatError} `rds_syntax`, `rds_limit`. Never retry.
 * @see R Internals, "Serialization Formats"
 */
export function readRds(bytes: Uint8Array, limits: RdsLimits = usual): RValue {
  const source = createByteSource(bytes);
  const references: string[] = [];
  let elements = 0;
  if (source.ascii(2) !== 'X\n') throw syntax('the mark of XDR', 'another');
  const version = source.int32();
  source.skip(8);
  if (version === 3) source.skip(source.count());
  else if (version !== 2) throw syntax('version 2 or 3', String(version));
  const value = item(0);
  if (source.left() > 0) throw syntax('the end of data', `${source.left()} bytes more`);
  return value;

  function item(depth: number): RValue {
    const flags = source.int32();
    const type = flags & 0xff;
    if (depth > limits.depth) throw limit(`lists within lists, ${limits.depth} deep`);
    if (type === code.nil) return { type: 'null' };
    if (type === code.altrep) return compact(depth);
    const value = vector(type, depth);
    return (flags & withAttributes) === 0 ? value : { ...value, attributes: pairs(depth) };
  }

  function vector(type: number, depth: number): Exclude<RValue, { type: 'null' }> {
    const length = spend(source.count());
    switch (type) {
      case 10:
      case 13: {
        const values = new Int32Array(source.checked(length, 4));
        for (let at = 0; at < length; at++) values[at] = source.int32();
        return { type: type === 10 ? 'logical' : 'integer', values };
      }
      case 14: {
        const values = new Float64Array(source.checked(length, 8));
        for (let at = 0; at < length; at++) values[at] = source.double();
        return { type: 'double', values };
      }
      case 16:
        return { type: 'character', values: Array.from({ length: source.checked(length, 8) }, string) };
      case 19:
        return { type: 'list', values: Array.from({ length: source.checked(length, 4) }, () => item(depth + 1)) };
      default:
        throw syntax('vectors and lists', `R type ${type}`);
    }
  }

  function string(): string | undefined {
    const flags = source.int32();
    if ((flags & 0xff) !== code.string) throw syntax('a string', `R type ${flags & 0xff}`);
    const length = source.int32();
    return length === -1 ? undefined : source.text(length);
  }

  function pairs(depth: number): RAttributes {
    const attributes: [string, RValue][] = [];
    for (;;) {
      const flags = source.int32();
      if ((flags & 0xff) === code.nil) return attributes;
      if ((flags & 0xff) !== code.pairs || (flags & withTag) === 0)
        throw syntax('an attribute', `R type ${flags & 0xff}`);
      spend(1);
      attributes.push([symbol(), item(depth + 1)]);
    }
  }

  function symbol(): string {
    const flags = source.int32();
    if ((flags & 0xff) === code.reference) {
      // A small number lies in the flags, a large one follows them.
      const known = references[(flags >>> 8 || source.int32()) - 1];
      if (known === undefined) throw syntax('a symbol met before', 'none');
      return known;
    }
    if ((flags & 0xff) !== code.symbol) throw syntax('a symbol', `R type ${flags & 0xff}`);
    const name = string() ?? '';
    references.push(name);
    return name;
  }

  /**
   * What R 3.5 and later keep in short: a sequence as its length, first number and step; and a vector with a note on
   * whether it is sorted. The class comes first, as a list of its name, its package and a number.
   */
  function compact(depth: number): RValue {
    const className = classOf(depth);
    const state = className.startsWith('wrap_') ? wrapped(depth) : item(depth + 1);
    const attributes = pairs(depth);
    if (className.startsWith('wrap_')) return attributes.length === 0 ? state : ({ ...state, attributes } as RValue);
    if ((className !== 'compact_intseq' && className !== 'compact_realseq') || state.type !== 'double') {
      throw syntax('vectors and lists', className);
    }
    const [length = 0, first = 0, step = 0] = Array.from(state.values, (value) => value ?? 0);
    if (!Number.isInteger(length) || length < 0) throw syntax('the length of a sequence', String(length));
    const values = Float64Array.from({ length: spend(length) }, (_, at) => first + at * step);
    return { type: className === 'compact_intseq' ? 'integer' : 'double', values, attributes };
  }

  function classOf(depth: number): string {
    const flags = source.int32();
    if ((flags & 0xff) !== code.pairs) throw syntax('the class of a vector', `R type ${flags & 0xff}`);
    const name = symbol();
    source.int32();
    symbol();
    source.int32();
    item(depth + 1);
    if (source.int32() !== code.nil) throw syntax('the end of the class', 'more');
    return name;
  }

  /** A pair of the vector and what is known of it. */
  function wrapped(depth: number): RValue {
    const flags = source.int32();
    if ((flags & 0xff) !== code.pairs) throw syntax('a wrapped vector', `R type ${flags & 0xff}`);
    const inner = item(depth + 1);
    item(depth + 1);
    return inner;
  }

  function spend(count: number): number {
    elements += count + 1;
    if (elements > limits.elements) throw limit(`${limits.elements} elements`);
    return count;
  }
}

function syntax(wanted: string, found: string): FormatError {
  return new FormatError('rds_syntax', `This is no R data that can be read here: wanted ${wanted}, found ${found}.`, {
    wanted,
    found,
  });
}

function limit(wanted: string): FormatError {
  return new FormatError('rds_limit', `This R data holds more than ${wanted}.`, {
    wanted: `at most ${wanted}`,
    found: 'more',
  });
}
