import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonObject, parseJsonObject, writeJson } from './json.ts';
import { parseRunExports } from './run-exports.ts';
import { encodeShardTexts, type ShardText } from './shard-texts.ts';
import { encodeShard } from './shards.ts';

const isLong = Boolean(process.env.LONG);
const buckets = ['packages', 'packages.conda', 'v3.conda', 'v3.tar.bz2'] as const;
const bytes = (text: string) => new TextEncoder().encode(text);

/** As from the values that the texts hold. */
function fromValues(texts: readonly ShardText[]): Uint8Array {
  return encodeShard({
    records: texts.map(({ bucket, fn, body, run_exports }) => ({
      bucket,
      fn,
      record: parseJsonObject(body, fn, 'record_shape'),
      ...(run_exports && { run_exports: parseRunExports(run_exports) }),
    })),
    removed: [],
  });
}

const hex = (digits: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: digits, maxLength: digits });
const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.string({ minLength: 30, maxLength: 300 }));
const number = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }));
const leaf = fc.oneof(text, number, fc.boolean(), fc.constant(null));
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { maxLength: 20 }),
    fc.dictionary(text, tie('value'), { maxKeys: 20 }),
  ),
}));
const record = fc.record(
  {
    name: text,
    depends: fc.array(text, { maxLength: 40 }),
    size: number,
    timestamp: number,
    sha256: fc.oneof(hex(64), text, fc.constant(null)),
    md5: fc.oneof(
      hex(32),
      hex(32).map((digits) => digits.toUpperCase()),
    ),
    run_exports: value,
    version: text,
    extra: value,
    other: fc.dictionary(text, value),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<JsonObject>;
/** As conda-index writes it, as it came, or spread over lines. */
const print = fc.constantFrom(
  writeJson,
  (one: JsonObject) => JSON.stringify(one),
  (one: JsonObject) => JSON.stringify(one, null, 2),
);
const shardText = fc.record({
  bucket: fc.constantFrom(...buckets),
  fn: fc.nat(50),
  body: fc.tuple(record, print).map(([one, printed]) => bytes(printed(one))),
  run_exports: fc.constantFrom(null, bytes('{}'), bytes('{"weak":["b","a >=1"],"strong":[]}')),
});
const upTo = (maxLength: number) => fc.uniqueArray(shardText, { selector: ({ fn }) => fn, maxLength });
// Few records mostly; more than 15 now and then, which MessagePack counts in another way.
const shard = fc.oneof({ arbitrary: upTo(3), weight: 7 }, { arbitrary: upTo(20), weight: 1 }).map((texts) =>
  texts.map(({ fn, ...rest }) => ({
    ...rest,
    fn: `a-${fn}-0${rest.bucket.endsWith('conda') ? '.conda' : '.tar.bz2'}`,
  })),
);

describe('a shard of texts', () => {
  it('is, to the byte, the shard of what the texts hold', { timeout: isLong ? 1_200_000 : 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(shard, async (texts) => {
        expect(Buffer.compare(encodeShardTexts(texts), fromValues(texts))).toBe(0);
        // A worker that never lets others have a turn is given up for lost after a minute.
        await setImmediate();
      }),
      { numRuns: isLong ? 20_000 : 150 },
    );
  });

  it.each([
    ['keys out of order', '{"b":1,"a":2}'],
    ['a key twice', '{"a":1,"a":2}'],
    ['an escape', '{"a":"\\u00e9\\n"}'],
    ['a key with an escape', '{"\\u0061":1}'],
    ['a fraction', '{"size":10.5,"x":1.0}'],
    ['an exponent', '{"x":1e3}'],
    ['a large number', '{"x":12345678901234567890}'],
    ['a negative number', '{"x":-1}'],
    ['a key that is a number', '{"10":1,"9":2}'],
    ['nothing', '{}'],
    ['what every object has', '{"__proto__":{"a":1},"constructor":2}'],
    ['letters beyond ASCII', '{"summary":"Größe 雪 😀"}'],
    ['run exports of its own', '{"name":"a","run_exports":{"weak":["own"]},"sha256":null}'],
  ])('with %s', (_, body) => {
    for (const run_exports of [null, bytes('{"weak":["x"]}')]) {
      const texts: ShardText[] = [{ bucket: 'packages', fn: 'a-1-0.tar.bz2', body: bytes(body), run_exports }];
      expect(Buffer.compare(encodeShardTexts(texts), fromValues(texts))).toBe(0);
    }
  });

  it.each(['', '[]', '{"a":1', '{"a":}', '{"a":1}x', '{"a" 1}', '{"a":[1 2]}', '{"a":tru}', '{"a":"x}'])(
    'refuses %j, which is no record',
    (body) => {
      const texts: ShardText[] = [{ bucket: 'packages', fn: 'a-1-0.tar.bz2', body: bytes(body), run_exports: null }];
      expect(() => encodeShardTexts(texts)).toThrow();
    },
  );
});
