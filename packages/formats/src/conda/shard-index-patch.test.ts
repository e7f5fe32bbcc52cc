import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bytesToHex, type Sha256 } from '../digest/index.ts';
import { patchShardIndex } from './shard-index-patch.ts';
import { encodeShardIndex } from './shards.ts';

const info = { subdir: 'linux-64', base_url: './', shards_base_url: './shards/' };
const name = fc
  .string({ unit: fc.constantFrom(...'ab_-.z9'), minLength: 1, maxLength: 64 })
  .map((text) => (/^\d+$/.test(text) ? `_${text}` : text));
const digest = fc.uint8Array({ minLength: 32, maxLength: 32 });
const changes = fc.array(fc.tuple(name, fc.option(digest, { freq: 2 })), { maxLength: 60 });

it('an index changed step by step is, to the byte, the one written at once', () => {
  fc.assert(
    fc.property(fc.array(changes, { minLength: 1, maxLength: 6 }), fc.array(name, { maxLength: 30 }), (steps, base) => {
      const shards = new Map<string, Uint8Array>();
      let index: Uint8Array | undefined;
      for (const step of [base.map((one) => [one, new Uint8Array(32)] as const), ...steps]) {
        // Names that are there already, too, so that they change and go.
        for (const [one, sha256] of step) sha256 ? shards.set(one, sha256) : shards.delete(one);
        const patched = patchShardIndex(info, index, new Map(step));
        index = patched!.bytes;
        const hex = Array.from(shards, ([one, sha256]): [string, Sha256] => [one, bytesToHex(sha256) as Sha256]);
        expect(Buffer.compare(index, encodeShardIndex(info, hex))).toBe(0);
        expect(patched!.count).toBe(shards.size);
      }
    }),
    { numRuns: 100 },
  );
});

it('holds more names than a short header counts', () => {
  const many = (count: number) => new Map(Array.from({ length: count }, (_, i) => [`name-${i}`, new Uint8Array(32)]));
  const all = patchShardIndex(info, undefined, many(70_000))!;
  const hex = Array.from(many(70_000), ([one, sha256]): [string, Sha256] => [one, bytesToHex(sha256) as Sha256]);
  expect(Buffer.compare(all.bytes, encodeShardIndex(info, hex))).toBe(0);
  const fewer = patchShardIndex(info, all.bytes, new Map(Array.from(many(69_990).keys(), (one) => [one, null])))!;
  expect(fewer.count).toBe(10);
  expect(Buffer.compare(fewer.bytes, encodeShardIndex(info, hex.slice(69_990)))).toBe(0);
});

it('an index of another make is not changed', () => {
  const other = encodeShardIndex({ ...info, created_at: '2026-11-21T00:00:00Z' }, []);
  expect(patchShardIndex(info, other, new Map())).toBeUndefined();
  expect(patchShardIndex({ ...info, subdir: 'noarch' }, encodeShardIndex(info, []), new Map())).toBeUndefined();
});
