import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonValue, parseJson, parseJsonObject, writeJson } from './json.ts';

describe('writing JSON', () => {
  it('keeps the value, sorts keys at every level and leaves no blanks', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = writeJson(value as JsonValue);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        JSON.parse(text, (_key, part: unknown) => {
          if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
          // Integer keys come first in any object, whatever their place in the text.
          const keys = Object.keys(part).filter((key) => !/^\d+$/.test(key));
          expect(keys).toEqual([...keys].sort());
          return part;
        });
      }),
    );
    expect(writeJson({ b: [1, { d: null, c: 'é "\n' }], a: true, '10': 1, '9': 2 })).toBe(
      '{"10":1,"9":2,"a":true,"b":[1,{"c":"é \\"\\n","d":null}]}',
    );
  });
});

describe('reading JSON', () => {
  it.each(['', '{', '{"a":1}x', 'undefined'])('refuses %j, saying what it was to be', (text) => {
    expect(() => parseJson(text, 'info/x.json', 'index_json')).toThrow(/^info\/x\.json is not a JSON text/);
  });

  it.each([
    ['null', 'null'],
    ['[]', 'array'],
    ['1', 'number'],
  ])('wants an object where %s stands', (text, found) => {
    expect(() => parseJsonObject(text, 'x', 'index_json')).toThrow(
      expect.objectContaining({ wanted: 'an object', found }),
    );
  });
});
