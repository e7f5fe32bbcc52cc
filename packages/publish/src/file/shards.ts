import { rShards } from '../cran/shards.ts';
import type { ShardFormat } from '../shard-format.ts';

/** What a publication keeps of a group of general files: their records, as those of an R package are kept. No index lists them. */
export const fileShards: ShardFormat = rShards;
