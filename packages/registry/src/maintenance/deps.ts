import type { Db } from '@sluice/catalog';
import type { BlobStore } from '@sluice/storage';
import type { Pool } from 'pg';

/** What maintenance works with. The clock and ids are handed in. */
export interface MaintenanceDeps {
  db: Db;
  pool: Pool;
  storage: BlobStore;
  now: () => Date;
  newId: () => string;
  /** Of what a publication lists of a part, how many records by package name no row says any more. */
  lostRecords: (part: { channelId: number; no: number; subdir: string }) => Promise<ReadonlyMap<string, number>>;
}

/**
 * One stage of long work: does a piece of it that takes a few seconds at most.
 *
 * @param at where the piece before ended; undefined at the beginning. What JSON can say.
 * @returns where this one ended, undefined when the stage is over.
 */
export type Stage = (at: never) => Promise<unknown>;

/** Work in stages, as it is taken up at the begin of a slice. */
export interface Work {
  /** In their order. */
  stages: readonly (readonly [name: string, stage: Stage])[];
  /** What was found and done so far: grows while the stages work. */
  report: object;
  /** What is to be kept with the place; undefined when there is nothing. */
  marks?: () => Uint8Array | undefined;
  /** Once, after the last stage. */
  finish?: (trx: Db) => Promise<void>;
}
