import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startUpstreamServer, type UpstreamServer } from '@sluice/testkit';
import { type GrowingChannel, listOf, sizesOf } from './growing-channel.ts';
import type { KillMoment } from './kill-moment.ts';
import type { ShownDocuments } from './shown-channel.ts';
import { type SluiceProcess, startSluice, untilPostgresIsGone } from './sluice-process.ts';
import type { MadeBundle, Unbothered } from './unbothered.ts';
import { until } from './until.ts';

/** What one scenario plays on: a data folder, an upstream that counts, and the servers started on them. */
export interface Scene {
  readonly dataDir: string;
  readonly upstream: UpstreamServer;
  /** `/<subdir>/<file>` of everything the grown upstream has, with its digest. */
  readonly files: ReadonlyMap<string, string>;
  /** Their sizes. */
  readonly sizes: ReadonlyMap<string, number>;
  /** What a channel shows of it that was mirrored without any fault. */
  readonly unbothered: ShownDocuments;
  /** A bundle of that channel. */
  readonly bundle: MadeBundle;
  /** Start a Sluice on the data folder; it is killed when the scene closes. */
  start(env?: Readonly<Record<string, string>>): Promise<SluiceProcess>;
  /**
   * From now on the upstream has many files more, and takes its time for each.
   *
   * @param until a few of them come no sooner than this: until then nobody comes to the end of a run.
   */
  growUpstream(until?: Promise<void>): void;
  /** Wait until so much of the new files was asked for, and then so much longer. */
  untilFetching(moment: KillMoment): Promise<void>;
  /** Kill the servers, also those that are still starting or stopped by a signal. */
  stop(): Promise<void>;
  /** Kill the servers, and remove all of it. */
  close(): Promise<void>;
}

const packages = /\.(conda|bz2)$/;
const perFile_ms = 40;
/** Fewer than a worker fetches at once, so that it goes on with the others. */
const heldBack = 4;

/** Set a scene on an upstream with the 47 real packages. */
export async function openScene(channel: GrowingChannel, { shown: unbothered, bundle }: Unbothered): Promise<Scene> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-faults-'));
  const dataDir = path.join(folder, 'data');
  mkdirSync(dataDir);
  const serving = { folder: channel.before };
  const upstream = await startUpstreamServer(serving);
  const added = new Set(channel.added);
  const started: Promise<SluiceProcess>[] = [];
  const stop = async () => {
    for (const server of await Promise.allSettled(started)) {
      if (server.status === 'fulfilled') await server.value.kill();
    }
  };
  return {
    dataDir,
    upstream,
    files: listOf(channel.after),
    sizes: sizesOf(channel.after),
    unbothered,
    bundle,
    start(env = {}) {
      const server = startSluice({ dataDir, env });
      started.push(server);
      return server;
    },
    growUpstream(until) {
      serving.folder = channel.after;
      upstream.fail(packages, { delay_ms: perFile_ms });
      if (until) for (const file of channel.added.slice(-heldBack)) upstream.fail(file, { until });
    },
    async untilFetching({ share, thenMs }) {
      const wanted = Math.min(share, 1) * added.size;
      const asked = () => upstream.asked.filter(({ path }) => added.has(path)).length;
      await until('the run fetches', 30_000, () => asked() >= wanted, 5);
      await sleep(thenMs);
    },
    stop,
    async close() {
      await stop();
      await upstream.close();
      await untilPostgresIsGone(dataDir);
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
