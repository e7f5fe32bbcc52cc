import { createByteSink } from './byte-sink.ts';
import type { RAttributes, RValue } from './rds-value.ts';

const hasAttributes = 0x200;
const isObject = 0x100;
const listNode = 0x402;
const nilValue = 0xfe;

/**
 * The bytes of an .rds file before compression: XDR, version 2, which R reads since 2.3. The same value gives the same
 * bytes always.
 *
 * @see R Internals, "Serialization Formats"
 */
export function writeRds(value: RValue): Uint8Array {
  const sink = createByteSink();
  const symbols = new Map<string, number>();
  sink.ascii('X\n');
  // Version 2 as R 4.4.1 writes it, for R 2.3.0 and later.
  for (const word of [2, 0x00040401, 0x00020300]) sink.int32(word);
  item(value);
  return sink.bytes();

  function item(of: RValue): void {
    if (of.type === 'null') {
      sink.int32(nilValue);
      return;
    }
    const attributes = of.attributes ?? [];
    const object = attributes.some(([name]) => name === 'class') ? isObject : 0;
    sink.int32(typeCodes[of.type] | (attributes.length > 0 ? hasAttributes : 0) | object);
    sink.int32(of.values.length);
    contents(of);
    if (attributes.length > 0) pairs(attributes);
  }

  function contents(of: Exclude<RValue, { type: 'null' }>): void {
    switch (of.type) {
      case 'character':
        for (const text of of.values) string(text);
        break;
      case 'list':
        for (const element of of.values) item(element);
        break;
      case 'double':
        for (let at = 0; at < of.values.length; at++) sink.double(of.values[at]);
        break;
      default:
        for (let at = 0; at < of.values.length; at++) sink.int32(of.values[at]!);
    }
  }

  function string(text: string | undefined): void {
    if (text === undefined) {
      sink.int32(9);
      sink.int32(-1);
    } else {
      sink.text(text);
    }
  }

  function pairs(attributes: RAttributes): void {
    for (const [name, of] of attributes) {
      sink.int32(listNode);
      symbol(name);
      item(of);
    }
    sink.int32(nilValue);
  }

  /** A symbol is written once; later uses count which it was. */
  function symbol(name: string): void {
    const known = symbols.get(name);
    if (known !== undefined) {
      sink.int32((known << 8) | 0xff);
      return;
    }
    symbols.set(name, symbols.size + 1);
    sink.int32(1);
    sink.text(name);
  }
}

const typeCodes = { logical: 0x0a, integer: 0x0d, double: 0x0e, character: 0x10, list: 0x13 } as const;
