import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { JsonObject } from './json.ts';
import { repodataBuckets } from './repodata-document.ts';
import { readShardFields } from './shard-fields.ts';
import { decodeShard, encodeShard, type ShardRecord } from './shards.ts';

const names = ['version', 'build_number', 'timestamp', 'license', 'odd'];

const value = fc.oneof(
  fc.constantFrom(
    0,
    200,
    70_000,
    5_000_000_000,
    1_700_000_000_000,
    -1,
    1.5,
    null,
    true,
    '',
    'MIT',
    'x'.repeat(300),
    'ä→',
  ),
  fc.constantFrom<JsonObject[]>({ version: '9' }, {}),
  fc.constant(Array.from({ length: 300 }, (_, i) => `n${i}`)),
);
const member = fc.constantFrom(...names, 'versio', 'version2', 'depends', 'size', 'sha256', 'md5');
const record = fc.record({
  file: fc.tuple(fc.constantFrom('1', '1.5', '2'), fc.nat(30)).map(([version, build]) => `a-${version}-${build}`),
  bucket: fc.constantFrom(...repodataBuckets.slice(0, 2)),
  record: fc.dictionary(member, value, { maxKeys: 11 }),
});
const shardOf = (records: readonly { file: string; bucket: ShardRecord['bucket']; record: JsonObject }[]) =>
  encodeShard({
    records: records.map(({ file, bucket, record: { sha256, md5, ...one } }) => ({
      bucket,
      fn: `${file}.${bucket === 'packages' ? 'tar.bz2' : 'conda'}`,
      record: {
        ...one,
        ...(sha256 !== undefined && { sha256: 'ab'.repeat(32) }),
        ...(md5 !== undefined && { md5: 'cd'.repeat(16) }),
      },
      run_exports: { weak: ['b'] },
    })),
    removed: ['a-0-0.conda'],
  });

it('gives of every record what reading all of it gives', () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 40 }), (records) => {
      const bytes = shardOf(records);
      const picked = ({ fn, record: all }: ShardRecord) => ({
        fn,
        record: Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name))),
      });
      expect(readShardFields(bytes, names)).toEqual(decodeShard(bytes).records.map(picked));
    }),
    { numRuns: process.env.LONG ? 20_000 : 100 },
  );
});

const whole = shardOf([
  {
    file: 'a-1-0',
    bucket: 'packages',
    record: { version: '1', license: 'x'.repeat(300), timestamp: 1_700_000_000_000 },
  },
  { file: 'a-1-1', bucket: 'packages.conda', record: { version: '1', build_number: 1 } },
]);

it('is not read where it is cut off anywhere, or goes on', () => {
  expect(readShardFields(whole, names)).toHaveLength(2);
  for (let end = 0; end < whole.length; end++)
    expect([end, readShardFields(whole.subarray(0, end), names)]).toEqual([end, undefined]);
  expect(readShardFields(Uint8Array.of(...whole, 0xc0), names)).toBeUndefined();
});

it.each([
  ['no map', encode(['a'])],
  [
    'a map of another name',
    encode({ packages: {}, 'packages.conda': {}, v3: { conda: { 'a-1-0': { version: '1' } } } }),
  ],
  ['a list of records', encode({ packages: [] })],
  ['a record that is none', encode({ packages: { 'a-1-0.conda': null } })],
  ['a key that is no text', Uint8Array.of(0x81, 0x01, 0x80)],
])('is left to who reads all of it where there is %s', (_, shard) => {
  expect(readShardFields(shard, names)).toBeUndefined();
});
