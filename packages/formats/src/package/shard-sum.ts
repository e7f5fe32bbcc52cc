import { bytesToHex, parseSha256, sha256ToBytes } from '../digest/index.ts';
import { encodeUtf8 } from '../utf8.ts';

/** All shards of a part in 32 bytes and a number: equal sets give equal sums, in whatever order they came together. */
export interface ShardSum {
  readonly count: number;
  /** The digests of all shards, one over the other by exclusive or. No two are equal, since a shard says whose it is. */
  readonly digests: Uint8Array;
}

export const noShards: ShardSum = { count: 0, digests: new Uint8Array(32) };

/** The sum after some shards came and others went; each is given by the bytes of its digest. */
export function changedShardSum(
  before: ShardSum,
  come: Iterable<Uint8Array>,
  gone: Iterable<Uint8Array> = [],
): ShardSum {
  const digests = before.digests.slice();
  let { count } = before;
  const add = (digest: Uint8Array, by: number) => {
    for (let i = 0; i < digests.length; i++) digests[i]! ^= digest[i]!;
    count += by;
  };
  for (const digest of come) add(digest, 1);
  for (const digest of gone) add(digest, -1);
  return { count, digests };
}

/** The sum as it is stored. */
export function writeShardSum({ count, digests }: ShardSum): Uint8Array {
  return encodeUtf8(JSON.stringify({ shards: count, digests: bytesToHex(digests) }));
}

/** Read what {@link writeShardSum} wrote; undefined for anything else. */
export function readShardSum(bytes: Uint8Array): ShardSum | undefined {
  const match = /^\{"shards":(\d{1,15}),"digests":"([0-9a-f]{64})"\}$/.exec(
    String.fromCharCode(...bytes.subarray(0, 200)),
  );
  if (match === null || bytes.length > 200) return undefined;
  return { count: Number(match[1]), digests: sha256ToBytes(parseSha256(match[2]!)) };
}
