import { expect, test } from 'vitest';
import { changedShardSum, noShards, readShardSum, writeShardSum } from './shard-sum.ts';

const digest = (byte: number) => new Uint8Array(32).fill(byte);

test('is the same however the shards came together', () => {
  const atOnce = changedShardSum(noShards, [digest(1), digest(2)]);
  const inTurn = changedShardSum(changedShardSum(noShards, [digest(2), digest(7)]), [digest(1)], [digest(7)]);
  expect(inTurn).toEqual(atOnce);
  expect(atOnce).not.toEqual(changedShardSum(noShards, [digest(1), digest(4)]));
  expect(changedShardSum(atOnce, [], [digest(1), digest(2)])).toEqual(noShards);
});

test('is read back as it was, and nothing else is', () => {
  const sum = changedShardSum(noShards, [digest(1), digest(200)]);
  expect(readShardSum(writeShardSum(sum))).toEqual(sum);
  expect(readShardSum(new Uint8Array(10_000))).toBeUndefined();
  expect(readShardSum(writeShardSum(sum).subarray(1))).toBeUndefined();
});
