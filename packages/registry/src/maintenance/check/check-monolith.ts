import { type ChannelNumbers, listedDocument, listedEntries } from '@sluice/catalog';
import { createRepodataScanner, readRecord } from '@sluice/formats/conda';
import { textHash } from '@sluice/policy';
import { blobRef, readCompressedPieces } from '@sluice/storage';
import { readShardFiles } from '../read-shard.ts';
import { type Check, reindexRemedy } from './context.ts';
import { type FindingCode, note } from './report.ts';
import { shardsOf } from './shards-of.ts';

/** A set of records as three numbers: how many, how long, and the sum of their hashes, which knows no order. */
interface RecordSet {
  count: number;
  bytes: number;
  hash: bigint;
}

/** Deep: does `repodata.json` list the very records that the shards of its publication do? */
export async function checkMonolith(
  check: Check,
  channel: number,
  { path, monolith_no }: ChannelNumbers,
  subdir: string,
): Promise<void> {
  const key = `${subdir}/repodata.json.zst`;
  const tell = (code: FindingCode, message: string) =>
    note(check.report, { code, severity: 'error', channel: path, subject: key, message, remedy: reindexRemedy(path) });
  const index = { kind: 'index', no: monolith_no } as const;
  const indexes = await listedEntries(check.deps.db, channel, index, `${subdir}/`, 1);
  if (!indexes.some((entry) => entry.key.startsWith(`${subdir}/`))) return;
  const document = await listedDocument(check.deps.db, channel, key, monolith_no);
  if (!document) return tell('monolith_missing', `There is no such document of publication ${monolith_no}.`);
  try {
    const listed = await documentSet(check, document);
    const sharded = await shardSet(check, channel, monolith_no, subdir);
    if (listed.count !== sharded.count || listed.hash !== sharded.hash) {
      tell(
        'monolith_differs',
        `It lists ${listed.count} files, the shards of publication ${monolith_no} ${sharded.count}; they are not the same.`,
      );
    } else if (sharded.bytes > 0 && listed.bytes !== sharded.bytes) {
      tell(
        'monolith_differs',
        `Its records take ${listed.bytes} bytes, the entries of their shards say ${sharded.bytes}.`,
      );
    }
  } catch (error) {
    tell('monolith_differs', `It cannot be compared: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function documentSet({ deps }: Check, document: Parameters<typeof blobRef>[0]): Promise<RecordSet> {
  const set: RecordSet = { count: 0, bytes: 0, hash: 0n };
  const scanner = createRepodataScanner({
    onRecord(bucket, file, body) {
      const { sha256, md5 } = readRecord(body);
      addTo(set, `${bucket}/${file}`, sha256 ?? md5);
      const key = bucket.startsWith('v3') ? file.replace(/\.(conda|tar\.bz2)$/, '') : file;
      set.bytes += Buffer.byteLength(JSON.stringify(key)) + 1 + body.byteLength + 1;
    },
  });
  for await (const chunk of readCompressedPieces(deps.storage, blobRef(document))) scanner.push(chunk);
  scanner.end();
  return set;
}

async function shardSet(check: Check, channel: number, no: number, subdir: string): Promise<RecordSet> {
  const set: RecordSet = { count: 0, bytes: 0, hash: 0n };
  for await (const page of shardsOf(check, channel, no, subdir)) {
    for (const entry of page) {
      set.bytes += entry.bytes;
      for (const { file, record, aside } of await readShardFiles(check.deps.storage, entry)) {
        const { sha256, md5 } = record;
        addTo(set, `${aside.bucket}/${file}`, (sha256 ?? md5) as string | undefined);
      }
    }
  }
  return set;
}

function addTo(set: RecordSet, file: string, digest: string | null | undefined): void {
  const [a, b] = textHash(Buffer.from(`${file} ${digest ?? ''}`));
  set.count++;
  set.hash = BigInt.asUintN(64, set.hash + ((BigInt(a) << 32n) | BigInt(b)));
}
