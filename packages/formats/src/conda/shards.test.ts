import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';
import { decode, encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSha256 } from '../digest/index.ts';
import { isWholeMsgpack } from './msgpack-bounds.ts';
import { decodeShard, decodeShardIndex, encodeShard, encodeShardIndex, readShard, type Shard } from './shards.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const demo = {
  build: '0',
  build_number: 0,
  depends: [],
  md5: '00'.repeat(16),
  name: 'demo',
  sha256: '00'.repeat(32),
  size: 10,
  subdir: 'noarch',
  version: '1.0',
};
const shardOf = (record: object, change: object = {}): Shard => ({
  records: [
    { bucket: 'packages.conda', fn: 'demo-1.0-0.conda', record: record as Shard['records'][0]['record'], ...change },
  ],
  removed: [],
});

// CEP 16's layout, before compression, as conda and rattler read it.
const shardVector =
  '83a87061636b6167657380ae7061636b616765732e636f6e646181b064656d6f2d312e302d302e636f6e646189a56275696c64a130ac6275696c645f6e756d62657200a7646570656e647390' +
  'a36d6435c41000000000000000000000000000000000a46e616d65a464656d6fa6736861323536c4200000000000000000000000000000000000000000000000000000000000000000' +
  'a473697a650aa6737562646972a66e6f61726368a776657273696f6ea3312e30a772656d6f76656490';
const indexVector =
  '83a776657273696f6e01a4696e666f84a8626173655f75726ca22e2faa637265617465645f6174b4323032362d30312d30325430333a30343a30355aaf736861726473' +
  '5f626173655f75726ca92e2f7368617264732fa6737562646972a66e6f61726368a673686172647381a464656d6fc4202d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881';

describe('writing shards', () => {
  it('writes the bytes of the vector', () => {
    expect(hex(encodeShard(shardOf(demo)))).toBe(shardVector);
  });

  it('writes the index of the vector, its members sorted', () => {
    const digest = parseSha256(createHash('sha256').update('x').digest('hex'));
    const info = { subdir: 'noarch', base_url: './', shards_base_url: './shards/', created_at: '2026-01-02T03:04:05Z' };
    expect(hex(encodeShardIndex(info, [['demo', digest]]))).toBe(indexVector);
  });

  it('writes timestamps as integers, also those that came as fractions', () => {
    for (const timestamp of [1700000000000, 1700000000000.5]) {
      expect(hex(encodeShard(shardOf({ ...demo, timestamp })))).toContain(
        `${hex(encode('timestamp'))}cf0000018bcfe56800`,
      );
    }
  });

  it('always has both maps, v3 only with something in it, and everything sorted', () => {
    expect(decode(encodeShard({ records: [], removed: ['b', 'a'] }))).toEqual({
      packages: {},
      'packages.conda': {},
      removed: ['a', 'b'],
    });
    const v3 = shardOf({ name: 'x' }, { bucket: 'v3.tar.bz2', fn: 'x-1-0.tar.bz2' });
    expect(decode(encodeShard(v3))).toMatchObject({
      packages: {},
      v3: { conda: {}, 'tar.bz2': { 'x-1-0': { name: 'x' } } },
    });
    const [one, other] = [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ].map((record) => hex(encodeShard(shardOf(record))));
    expect(one).toBe(other);
  });

  it('leaves out digests that are none', () => {
    expect(
      decodeShard(encodeShard(shardOf({ ...demo, md5: null, sha256: 'x' }))).records[0]?.record,
    ).not.toHaveProperty('sha256');
    expect(
      decodeShard(encodeShard(shardOf({ ...demo, md5: null, sha256: 'x' }))).records[0]?.record,
    ).not.toHaveProperty('md5');
  });
});

describe('reading shards', () => {
  it('gives back what was written', () => {
    const shard: Shard = {
      records: [
        { bucket: 'packages', fn: 'demo-1.0-0.tar.bz2', record: demo, run_exports: { weak: ['demo >=1'] } },
        {
          bucket: 'packages.conda',
          fn: 'demo-1.0-0.conda',
          record: { ...demo, timestamp: 1700000000000 },
          run_exports: {},
        },
        { bucket: 'v3.conda', fn: 'demo-2.0-0.conda', record: demo },
      ],
      removed: ['demo-0.9-0.conda'],
    };
    expect(decodeShard(encodeShard(shard))).toEqual(shard);
  });

  const digest = createHash('sha256').update('x').digest();
  it.each<[string, unknown]>([
    ['bytes', new Uint8Array(digest)],
    ['hex', digest.toString('hex')],
    ['upper-case hex', digest.toString('hex').toUpperCase()],
    ['a list of integers', [...digest]],
  ])('reads digests as %s', (_how, sha256) => {
    const index = decodeShardIndex(
      encode({ info: { subdir: 'x', base_url: 'https://h/c', shards_base_url: '' }, shards: { demo: sha256 } }),
    );
    expect(index.shards.get('demo')).toBe(digest.toString('hex'));
    expect(index.info).toMatchObject({ subdir: 'x', baseUrl: 'https://h/c/', shardsBaseUrl: '' });
    const shard = decodeShard(encode({ packages: { a: { sha256, md5: null } } }));
    expect(shard.records[0]?.record).toEqual({ sha256: digest.toString('hex'), md5: null });
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a list', []],
    ['a string', 'x'],
    ['a list for a map', { packages: [] }],
    ['a string for a record', { packages: { a: 'x' } }],
    ['a wrong digest', { packages: { a: { sha256: 'x' } } }],
    ['bytes for a record', { packages: { a: new Uint8Array(3) } }],
  ])('refuses %s', (_what, value) => {
    const bytes = value === undefined ? new Uint8Array() : encode(value);
    expect(() => decodeShard(bytes)).toThrow(expect.objectContaining({ code: 'shard_syntax' }));
  });

  it.each<[string, unknown]>([
    ['an index without shards', { info: {} }],
    ['an index without info', { shards: {} }],
    ['a digest that is too short', { info: {}, shards: { a: [1, 2] } }],
  ])('refuses %s', (_what, value) => {
    expect(() => decodeShardIndex(encode(value))).toThrow(expect.objectContaining({ code: 'shard_syntax' }));
  });

  it('refuses a document cut short, at any byte, and one with more behind it', () => {
    const bytes = Buffer.from(shardVector, 'hex');
    for (let end = 0; end < bytes.length; end++) {
      expect(() => decodeShard(bytes.subarray(0, end))).toThrow(expect.objectContaining({ code: 'shard_syntax' }));
    }
    expect(() => decodeShard(Buffer.concat([bytes, bytes]))).toThrow(expect.objectContaining({ code: 'shard_syntax' }));
  });

  it('refuses headers that claim more than there is, before making room for it', () => {
    const nested = Buffer.alloc(5_000_000);
    for (let i = 0; i < nested.length; i += 5) nested.writeUIntBE(0xdd00ffffff, i, 5);
    const before = process.memoryUsage().heapUsed;
    expect(() => decodeShard(nested)).toThrow(expect.objectContaining({ code: 'shard_syntax' }));
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(50_000_000);
  });

  it('refuses more values than any shard has, which unpacked would fill the memory', () => {
    const crowd = (values: number) => {
      const bytes = Buffer.alloc(8 + values, 0x80);
      bytes.set([0x81, 0xa1, 0x78, 0xdd]);
      bytes.writeUInt32BE(values, 4);
      return bytes;
    };
    expect(decodeShard(crowd(1000)).records).toEqual([]);
    const before = process.memoryUsage().heapUsed;
    expect(() => decodeShard(crowd(10_000_000))).toThrow(expect.objectContaining({ code: 'shard_syntax' }));
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(100_000_000);
  });

  it('knows a whole document of any make', () => {
    const wide = fc.oneof(
      fc.jsonValue(),
      fc.uint8Array({ maxLength: 70_000, size: 'max' }),
      fc.string({ maxLength: 70_000, size: 'max' }),
      fc.array(fc.integer(), { minLength: 15, maxLength: 70_000, size: 'medium' }),
      fc.double(),
      fc.nat(Number.MAX_SAFE_INTEGER).map((n) => new Date(n % 8e15)),
    );
    fc.assert(
      fc.property(fc.array(wide), (value) => {
        const bytes = encode(value);
        expect(isWholeMsgpack(bytes)).toBe(true);
        expect(isWholeMsgpack(bytes.subarray(0, -1))).toBe(false);
      }),
    );
  });

  it('ends on garbage with an answer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeShard(bytes);
        } catch (error) {
          expect((error as { code: string }).code).toMatch(/^(shard_syntax|run_exports_json)$/);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe.each([
  ['an early writer', 'conda-shards-sample', { 'libgcc-ng': 1, zlib: 2 }],
  ['conda-index 0.13', 'conda-index-shards', { 'xtensor-io': 1, zlib: 2 }],
])('real shards of %s', (_who, folder, counts) => {
  const read = (name: string): Buffer => readFileSync(new URL(`testdata/${folder}/${name}`, import.meta.url));

  it('are read whole, every shard under the digest of its file', () => {
    const index = decodeShardIndex(zstdDecompressSync(read('repodata_shards.msgpack.zst')));
    expect(index.info.subdir).toBe('linux-64');
    expect([...index.shards.keys()].sort()).toEqual(Object.keys(counts));
    for (const [name, digest] of index.shards) {
      const file = read(`${digest}.msgpack.zst`);
      expect(createHash('sha256').update(file).digest('hex')).toBe(digest);
      const shard = decodeShard(zstdDecompressSync(file));
      expect(shard.records).toHaveLength(counts[name as keyof typeof counts]);
      for (const { record, fn } of shard.records) {
        expect(fn).toMatch(new RegExp(`^${name}-`));
        expect(record).toMatchObject({ name, subdir: 'linux-64', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
        expect(record).not.toHaveProperty('run_exports');
      }
      expect(decodeShard(encodeShard(shard))).toEqual(shard);
    }
    expect(readdirSync(new URL(`testdata/${folder}`, import.meta.url))).toHaveLength(index.shards.size + 1);
  });
});

describe('whether a shard may be handed on as it is', () => {
  const sound = () => decode(encodeShard(shardOf(demo))) as Record<string, Record<string, Record<string, unknown>>>;
  const changed = (change: (shard: ReturnType<typeof sound>) => void) => {
    const shard = sound();
    change(shard);
    return readShard(encode(shard));
  };
  const record = (shard: ReturnType<typeof sound>) => shard['packages.conda']!['demo-1.0-0.conda']!;

  it('may when it is written as CEP 16 says, in whatever order', () => {
    expect(readShard(encodeShard(shardOf(demo)))).toMatchObject({ canonical: true, leftOut: [] });
    const other = changed((shard) => {
      const { packages } = shard;
      delete shard.packages;
      shard.packages = packages!;
    });
    expect(other.canonical).toBe(true);
  });

  it.each<[string, (shard: ReturnType<typeof sound>) => void]>([
    ['digests as text', (shard) => Object.assign(record(shard), { sha256: 'ab'.repeat(32) })],
    ['digests as lists', (shard) => Object.assign(record(shard), { md5: [...Array(16).keys()] })],
    ['a missing map', (shard) => delete shard.packages],
    ['wheels', (shard) => Object.assign(shard, { v3: { whl: { 'demo-1.0-py3_none_any': {} } } })],
    ['something unknown', (shard) => Object.assign(shard, { signatures: {} })],
  ])('may not with %s', (_, change) => {
    expect(changed(change).canonical).toBe(false);
  });

  it('may not with integers as fractions, or a file twice', () => {
    const bytes = Buffer.from(encodeShard(shardOf({ ...demo, size: 10 })));
    const at = bytes.indexOf('size') + 4;
    const float = Buffer.from('cb4024000000000000', 'hex');
    const fraction = Buffer.concat([bytes.subarray(0, at), float, bytes.subarray(at + 1)]);
    expect(readShard(fraction)).toMatchObject({ canonical: false, records: [{ record: { size: 10 } }] });
    const twice = Buffer.from(
      `82a87061636b6167657382a161${'80'}a161${'80'}ae${hex(Buffer.from('packages.conda'))}80`,
      'hex',
    );
    expect(readShard(twice).canonical).toBe(false);
  });

  it('names the wheels it leaves out', () => {
    const { leftOut } = changed((shard) => Object.assign(shard, { v3: { whl: { 'demo-1.0-py3_none_any': {} } } }));
    expect(leftOut).toEqual(['demo-1.0-py3_none_any']);
  });

  it('refuses an index of a version it does not know', () => {
    const index = { version: 2, info: { subdir: 'x', base_url: '', shards_base_url: '' }, shards: {} };
    expect(() => decodeShardIndex(encode(index))).toThrow(expect.objectContaining({ code: 'shard_syntax' }));
  });
});
