import type { PublishDeps } from '../deps.ts';

/** What writing documents works with: no rules, so less than publishing. */
export type MonolithDeps = Pick<PublishDeps, 'db' | 'pool' | 'storage' | 'now' | 'onRegenerated'>;
