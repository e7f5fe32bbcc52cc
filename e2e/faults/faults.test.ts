import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type GrowingChannel, makeGrowingChannel } from './growing-channel.ts';
import { isLong, type KillMoment, momentOf, seedsOf } from './kill-moment.ts';
import { killPostgres, killPostgresInUpload } from './kill-postgres.ts';
import { killServer } from './kill-server.ts';
import { killServerInImport } from './kill-server-in-import.ts';
import { killServerInUpload } from './kill-server-in-upload.ts';
import { openScene, type Scene } from './scene.ts';
import { killHolder, wakeHolder } from './two-workers.ts';
import { showUnbothered, type Unbothered } from './unbothered.ts';
import { slowness } from './until.ts';

// Sluice as real processes, and what kills them. Each scenario has a server, a database and an upstream of its own, and
// spends most of its time waiting for a lease to lapse, so they run side by side.

interface Scenario {
  readonly name: string;
  /** @returns what happened, for people. */
  readonly play: (scene: Scene, moment: KillMoment) => Promise<string>;
  readonly moment: (seed: number) => KillMoment;
  readonly seeds: readonly number[];
}

/** In the long form also before the first file and after the last one. */
const inRun = (seed: number) => (isLong ? momentOf(seed, -0.1, 1.2, 400) : momentOf(seed, 0.2, 0.8));
/** The holder must still be at work when it falls asleep, or there is nothing to be fenced out of. */
const inDownload = (seed: number) => (isLong ? momentOf(seed, -0.1, 0.9, 200) : momentOf(seed, 0.2, 0.8));
/** In the long form a third of the moments are after the last byte, when the file is looked at and recorded. */
const inUpload = (seed: number) => (isLong ? momentOf(seed, 0, 1.5, 150) : momentOf(seed, 0.2, 0.9));

/** In the long form also before the first blob, and when all are in and nothing is shown yet. */
const inImport = (seed: number) => (isLong ? momentOf(seed, -0.1, 1.4, 300) : momentOf(seed, 0.2, 0.8));

// The longest first: at most five run at a time.
const scenarios: Scenario[] = [
  { name: 'a worker sleeps until another one finished', play: wakeHolder, moment: inDownload, seeds: seedsOf([4], 8) },
  { name: 'of two workers one is killed', play: killHolder, moment: inRun, seeds: seedsOf([3], 8) },
  { name: 'PostgreSQL is killed in a run', play: killPostgres, moment: inRun, seeds: seedsOf([12], 10) },
  { name: 'the server is killed in a run', play: killServer, moment: inRun, seeds: seedsOf([7], 50) },
  { name: 'the server is killed in an upload', play: killServerInUpload, moment: inUpload, seeds: seedsOf([6], 8) },
  { name: 'the server is killed in an import', play: killServerInImport, moment: inImport, seeds: seedsOf([5], 50) },
  { name: 'PostgreSQL is killed in an upload', play: killPostgresInUpload, moment: inUpload, seeds: seedsOf([2], 4) },
];

const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-faults-'));
let channel: GrowingChannel;
let unbothered: Unbothered;
beforeAll(async () => {
  channel = await makeGrowingChannel(folder, 300);
  unbothered = await showUnbothered(channel.after, path.join(folder, 'bundle'));
}, 120_000 * slowness);
afterAll(() => rmSync(folder, { recursive: true }));

describe.concurrent.each(scenarios)('$name', ({ name, play, moment, seeds }) => {
  test.for(seeds)('seed %i', { timeout: 180_000 * slowness }, async (seed, { onTestFinished }) => {
    const scene = await openScene(channel, unbothered);
    onTestFinished(scene.close, 60_000 * slowness);
    const strike = moment(seed);
    const when = `at ${Math.round(strike.share * 100)} % + ${strike.thenMs} ms`;
    let story = 'failed';
    try {
      story = await play(scene, strike);
    } catch (error) {
      // The long form tells its failures when it is over, which may be an hour later.
      story = `failed: ${(error as Error).message}`;
      throw error;
    } finally {
      console.log(`${name}: seed ${seed}, ${when}: ${story}`);
    }
  });
});
