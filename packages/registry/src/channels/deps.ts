import type { Db } from '@sluice/catalog';

/** What the verbs of channels work with. The clock is handed in. */
export interface ChannelDeps {
  db: Db;
  now: () => Date;
}

/** Who does something: an account. The name goes into the audit. */
export interface Actor {
  id: string;
  name: string;
}
