import type { PublishDeps } from '../deps.ts';

/** What writing documents works with: no rules, so less than publishing. */
export type MonolithDeps = Pick<PublishDeps, 'db' | 'pool' | 'storage' | 'now' | 'onRegenerated'> & {
  /** Subdirs of more files are large, see `large.ts`; 50,000 unless a test says otherwise. */
  largeAbove?: number;
};
