import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type KeptFiles, spliceShard } from './shard-splice.ts';
import { encodeShardTexts, type ShardText } from './shard-texts.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

const file = fc
  .tuple(fc.constantFrom('1', '1.5', '2', '10', `3.${'7'.repeat(40)}`), fc.nat(9), fc.constantFrom('conda', 'tar.bz2'))
  .map(([version, build, ending]) => `a-${version}-${build}.${ending}`);
// Long ones and many, so that lengths and counts of every form come.
const depends = fc.oneof(
  fc.array(fc.constantFrom('b', 'c >=1', `d ${'1,'.repeat(150)}2`), { maxLength: 20 }),
  fc.constant(Array.from({ length: 300 }, (_, i) => `n${i}`)),
);
const record = fc.record(
  {
    build_number: fc.constantFrom(0, 200, 70_000, 5_000_000_000, -1, 1.5),
    depends,
    legacy: fc.constantFrom(null, true, { a: [1.25] }, `ä${'x'.repeat(70_000)}`),
    sha256: fc.constantFrom('ab'.repeat(32), null),
  },
  { requiredKeys: ['depends'] },
);
const texts = fc.dictionary(file, fc.tuple(record, fc.constantFrom(null, '{}', '{"weak":["b"]}')), { maxKeys: 40 });

const textOf = ([fn, [body, exports]]: [string, [object, string | null]]): ShardText => ({
  bucket: fn.endsWith('.conda') ? 'packages.conda' : 'packages',
  fn,
  body: bytes(JSON.stringify(body)),
  run_exports: exports === null ? null : bytes(exports),
});

/** Files as facts have them, among others that are not kept, in whatever order. */
function keptFiles(names: readonly string[]): KeptFiles {
  const all = names.flatMap((name) => ['x-1-0.conda', name]);
  const ends = all.map((_, i) => all.slice(0, i + 1).join('').length);
  const rows = Uint32Array.from(names, (_, i) => i * 2 + 1);
  return { bytes: bytes(all.join('')), offsets: Uint32Array.of(0, ...ends), rows };
}

it('is, to the byte, the shard written at once', () => {
  fc.assert(
    fc.property(texts, texts, fc.array(fc.nat(40)), (before, came, gone) => {
      const old = Object.entries(before).map(textOf);
      const fresh = Object.entries(came).map(textOf);
      const kept = old.filter(({ fn }, i) => !(fn in came) && !gone.includes(i));
      const spliced = spliceShard(encodeShardTexts(old), keptFiles(kept.map(({ fn }) => fn)), fresh);
      expect(Buffer.compare(spliced!, encodeShardTexts([...kept, ...fresh]))).toBe(0);
    }),
    { numRuns: process.env.LONG ? 20_000 : 100 },
  );
});

const one: ShardText = { bucket: 'packages.conda', fn: 'a-1-0.conda', body: bytes('{"size":1}'), run_exports: null };
const shard = encodeShardTexts([one, { ...one, bucket: 'packages', fn: 'a-1-0.tar.bz2' }]);

it.each(['a-0-0.conda', 'a-1-1.conda', 'a-1-0', 'a-1.conda', 'b-1-0.tar.bz2'])(
  'is not written where %s should stay, which is not there',
  (name) => {
    expect(spliceShard(shard, keptFiles(['a-1-0.conda', name]), [])).toBeUndefined();
  },
);

it('is not written of another make, or of bytes that were cut or changed anywhere', () => {
  const kept = keptFiles(['a-1-0.conda', 'a-1-0.tar.bz2']);
  expect(spliceShard(shard, kept, [])).toEqual(shard);
  for (let end = 0; end < shard.length; end++) expect(spliceShard(shard.subarray(0, end), kept, [])).toBeUndefined();
  expect(spliceShard(Buffer.concat([shard, shard]), kept, [])).toBeUndefined();
  for (let at = 0; at < shard.length; at++) {
    for (const byte of [0x00, 0x90, 0xa5, 0xc1, 0xc4, 0xc7, 0xda, 0xdb, 0xdf, 0xff]) {
      const other = Uint8Array.from(shard);
      other[at] = byte;
      // Whatever comes of it, it comes to an end, and never is larger.
      expect(spliceShard(other, kept, [])?.length ?? 0).toBeLessThanOrEqual(shard.length);
    }
  }
});

it('leaves the maps of v3 alone', () => {
  const v3: ShardText = { ...one, bucket: 'v3.conda', fn: 'a-3-0.conda' };
  expect(spliceShard(shard, keptFiles([]), [v3])).toBeUndefined();
  expect(spliceShard(encodeShardTexts([one, v3]), keptFiles(['a-1-0.conda']), [])).toBeUndefined();
});
