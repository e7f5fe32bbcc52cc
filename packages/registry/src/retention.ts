import type { Db, KeepState } from '@sluice/catalog';
import { keptPublications, type RetentionDays } from '@sluice/policy';
import { systemSettings } from './settings.ts';

/** How long publications are kept where a channel says nothing else. */
export async function systemRetention(db: Db): Promise<RetentionDays> {
  return (await systemSettings(db)).retention;
}

/** The numbers of a channel's publications that are kept at `now`, ascending. */
export function keptNumbers(state: KeepState, usual: RetentionDays, now: Date): number[] {
  const { head, monolith, pinned, retention, publications } = state;
  return keptPublications(publications, { head, monolith, pinned }, { ...usual, ...retention }, now);
}
