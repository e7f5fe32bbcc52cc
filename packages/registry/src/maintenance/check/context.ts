import type { MaintenanceDeps } from '../deps.ts';
import type { CheckReport } from './report.ts';

/** What the stages of a check share. */
export interface Check {
  deps: MaintenanceDeps;
  report: CheckReport;
  deep: boolean;
  /** The one channel to look at; undefined for everything. */
  channelId: number | undefined;
}

/** What puts most things right: everything that is derived is made again. */
export const reindexRemedy = (channel: string) =>
  `Have the channel made anew: npx sluice channel reindex ${channel}. It shows the same afterwards, if its sources are sound.`;
