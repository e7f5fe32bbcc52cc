import type { Db } from '@sluice/catalog';
import type { BlobStore } from '@sluice/storage';
import type { Pool } from 'pg';
import type { NeededFilesOf } from './layers.ts';

/** What publishing works with. The clock is handed in. */
export interface PublishDeps {
  db: Db;
  pool: Pool;
  storage: BlobStore;
  now: () => Date;
  /** Works it out where nobody did before, which takes a while. */
  neededFiles: NeededFilesOf;
  /** Told how many shards or documents of a kind were made. */
  onRegenerated?: (kind: string, count: number) => void;
  /** Told when all of a subdir was judged: the facts that only judging needs, most of what a publication holds, may go. */
  onJudged?: () => void;
  /** Up to so many names are few, see `selection.ts`; 1,000 unless a test says otherwise. */
  fewNames?: number;
  /** With so many records that stay a shard is made out of the last one, see `choose-splices.ts`; 16 unless a test says otherwise. */
  spliceFrom?: number;
  /** So many records are read at once for shards, see `make-shards.ts`; some thousands unless a test says otherwise. */
  batchRecords?: number;
}

/** What reading facts and records works with. */
export type ReadingDeps = Pick<PublishDeps, 'db' | 'pool' | 'storage' | 'now' | 'fewNames'>;
