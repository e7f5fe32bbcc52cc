import type { CronItem } from 'graphile-worker';
import { beginCollection } from './begin-collection.ts';
import { buildMonolith } from './build-monolith.ts';
import { bundleSlice } from './bundle-slice.ts';
import { deleteChannel } from './delete-channel.ts';
import type { Job } from './job.ts';
import { maintenanceSlice } from './maintenance-slice.ts';
import { publishChannel } from './publish-channel.ts';
import { reindexChannel } from './reindex-channel.ts';
import { runSlice } from './run-slice.ts';
import { sweepSessions } from './sweep-sessions.ts';
import { sweepTemp } from './sweep-temp.ts';
import { writeMonolith } from './write-monolith.ts';

/** Every kind of job under the name it is queued by: the name of its file. */
export const jobs: Readonly<Record<string, Job>> = {
  'begin-collection': beginCollection,
  'build-monolith': buildMonolith,
  'bundle-slice': bundleSlice,
  'delete-channel': deleteChannel,
  'maintenance-slice': maintenanceSlice,
  'publish-channel': publishChannel,
  'reindex-channel': reindexChannel,
  'run-slice': runSlice,
  'sweep-sessions': sweepSessions,
  'sweep-temp': sweepTemp,
  'write-monolith': writeMonolith,
};

/** What runs by the clock (UTC), whatever anybody queues. */
export const schedule: CronItem[] = [
  { task: 'begin-collection', match: '7 2 * * *', options: { jobKey: 'begin-collection' } },
  { task: 'sweep-sessions', match: '17 3 * * *', options: { jobKey: 'sweep-sessions' } },
  { task: 'sweep-temp', match: '41 * * * *', options: { jobKey: 'sweep-temp' } },
];
