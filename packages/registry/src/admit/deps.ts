import type { Limits } from '@sluice/archives';
import type { Db, RevisionBy } from '@sluice/catalog';
import type { Facts } from '@sluice/policy';
import type { BlobStore } from '@sluice/storage';
import type { Pool } from 'pg';

/** What admission works with. Clock and ids are handed in. */
export interface AdmitDeps {
  db: Db;
  pool: Pool;
  storage: BlobStore;
  now: () => Date;
  newId: () => string;
  /** How much of an archive is read before it is refused; the archives room's own when absent. */
  limits?: Partial<Limits>;
  /** What has index documents admitted, for the history; a run nobody knows of when absent. */
  by?: RevisionBy;
  /** Told of the facts that a refresh made: while they are held, who judges them next need not read them back. */
  hold?: (facts: Facts) => void;
}

/** Runs inside the commit of a deed and throws when the doer may no longer do it (a lost lease). */
export type Guard = (trx: Db) => Promise<void>;
