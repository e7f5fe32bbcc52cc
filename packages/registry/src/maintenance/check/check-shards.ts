import type { ChannelNumbers, ListedEntry } from '@sluice/catalog';
import { repodataBuckets } from '@sluice/formats/conda';
import { packageNameOf, packageTypeOf, type ShardFile } from '@sluice/formats/package';
import { readShardFiles } from '../read-shard.ts';
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
  let files: readonly ShardFile[];
  try {
    files = await readShardFiles(deps.storage, entry);
  } catch (error) {
    return `The shard cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
  const name = entry.key.slice(subdir.length + 1);
  const type = packageTypeOf(subdir);
  const stranger = files.find(({ file }) => packageNameOf(type, file).toLowerCase() !== name.toLowerCase());
  if (stranger) return `The shard holds ${stranger.file}, which is not called ${name}.`;
  if (files.length !== entry.files) return `The shard holds ${files.length} files, its entry says ${entry.files}.`;
  if (entry.words !== null && entry.words !== files.length) {
    return `The shard holds ${files.length} files, its signature is one of ${entry.words}.`;
  }
  if (type !== 'conda') return undefined;
  const counts = repodataBuckets.map((bucket) => files.filter(({ aside }) => aside.bucket === bucket).length);
  if (entry.buckets && counts.join() !== entry.buckets.join()) {
    return `The shard holds ${counts.join(', ')} files in its maps, its entry says ${entry.buckets.join(', ')}.`;
  }
  return undefined;
}
