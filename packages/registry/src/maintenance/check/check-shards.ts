import type { ChannelNumbers, ListedEntry } from '@sluice/catalog';
import { repodataBuckets, type ShardRecord } from '@sluice/formats/conda';
import { readShardRecords } from '../read-shard.ts';
import { type Check, reindexRemedy } from './context.ts';
import { note } from './report.ts';
import { shardsOf } from './shards-of.ts';

/** Deep: does each shard of the head hold what its entry says? */
export async function checkShards(
  check: Check,
  channel: number,
  { path, head_no }: ChannelNumbers,
  subdir: string,
): Promise<void> {
  for await (const page of shardsOf(check, channel, head_no, subdir)) {
    for (const entry of page) {
      const fault = await faultOf(check, entry, subdir);
      if (fault === undefined) continue;
      note(check.report, {
        code: 'shard_differs',
        severity: 'error',
        channel: path,
        subject: entry.key,
        message: fault,
        remedy: reindexRemedy(path),
      });
    }
  }
}

async function faultOf({ deps }: Check, entry: ListedEntry, subdir: string): Promise<string | undefined> {
  let records: readonly ShardRecord[];
  try {
    records = await readShardRecords(deps.storage, entry);
  } catch (error) {
    return `The shard cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
  const name = entry.key.slice(subdir.length + 1);
  const stranger = records.find(({ record }) => String(record.name).toLowerCase() !== name);
  if (stranger) return `The shard holds ${stranger.fn}, which is not called ${name}.`;
  if (records.length !== entry.files) return `The shard holds ${records.length} files, its entry says ${entry.files}.`;
  if (entry.words !== null && entry.words !== records.length) {
    return `The shard holds ${records.length} files, its signature is one of ${entry.words}.`;
  }
  const counts = repodataBuckets.map((bucket) => records.filter((record) => record.bucket === bucket).length);
  if (entry.buckets && counts.join() !== entry.buckets.join()) {
    return `The shard holds ${counts.join(', ')} files in its maps, its entry says ${entry.buckets.join(', ')}.`;
  }
  return undefined;
}
