import { randomUUID } from 'node:crypto';
import { connect } from '@sluice/catalog';
import { openDiskStore } from '@sluice/storage';
import { runSlice } from '../run/run-slice.ts';
import type { RunTimings } from '../run/timings.ts';
import { createSealer } from '../seal.ts';
import { testGuard, testHttp } from './deps.ts';
import { inspectPackage } from './inspect-package.ts';

/** What {@link startWorker} hands to this process, as JSON in its first argument. */
export interface WorkerOrder {
  database: string;
  blobs: string;
  runId: string;
  timings: RunTimings;
}

// A worker as a process of its own, to be stopped, woken and killed. Works on one slice and prints how it ended.
const order = JSON.parse(process.argv[2]!) as WorkerOrder;
const database = connect(order.database);
const storage = await openDiskStore({ root: order.blobs, newId: randomUUID, now: Date.now });
const guard = testGuard();
const http = testHttp(guard);
const end = await runSlice(
  {
    db: database.db,
    pool: database.pool,
    storage,
    now: () => new Date(),
    newId: randomUUID,
    http,
    guard,
    sealer: createSealer(new Uint8Array(32)),
    inspect: inspectPackage,
  },
  order.runId,
  { worker: `process ${process.pid}`, timings: order.timings },
).catch((error: Error) => `threw ${error.message}`);
process.stdout.write(end);
await http.close();
await storage.close();
await database.close();
