import { expect, test } from 'vitest';
import { encodeUtf8 } from '../utf8.ts';
import { readRShard, readRShardTexts, writeRShard } from './index.ts';

const files = [
  { file: 'demo_1.0.tar.gz', body: 'Package: demo\nVersion: 1.0\nImports: a,\n  é\n', extra: null },
  { file: 'demo_2.0.tar.gz', body: 'Package: demo\nVersion: 2.0\n', extra: '{"size":12}' },
];

test('a shard gives back the texts it was made of', () => {
  expect(readRShardTexts(writeRShard('demo', files), 'demo')).toEqual(files);
  expect(readRShard(writeRShard('demo', files), 'demo')).toEqual([
    { file: 'demo_1.0.tar.gz', record: { Package: 'demo', Version: '1.0', Imports: 'a,\né' }, aside: {} },
    { file: 'demo_2.0.tar.gz', record: { Package: 'demo', Version: '2.0' }, aside: { size: 12 } },
  ]);
});

test.each(['', '{}', '{"files":[1]}', '{"files":[{"file":"x"}]}'])('%j is none', (text) => {
  expect(() => readRShardTexts(encodeUtf8(text), 'demo')).toThrow(expect.objectContaining({ code: 'r_shard' }));
});
