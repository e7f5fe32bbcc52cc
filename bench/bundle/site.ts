import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readManifest } from '@sluice/formats/bundle';
import { openDatabase } from '../sluice/database.ts';
import { manage } from '../sluice/management.ts';
import { startSluice } from '../sluice/sluice-process.ts';

/** A Sluice with an active mirror of one folder, that makes bundles. */
export interface BundleSite {
  /** Run the mirror until all that its source lists is published, documents and all. */
  bringIn(): Promise<void>;
  /** Make a bundle, and see that it carries just these files (digests in hex by name). */
  bundle(wish: object, files: ReadonlyMap<string, string>): Promise<{ seconds: number; bytes: number }>;
  close(): Promise<void>;
}

interface Bundle {
  id: string;
  state: string;
  error: unknown;
  finished_at: string | null;
  parts: { bytes: number; place: string }[];
}

const channel = 'bench';

/** Start one. */
export async function openSite(folder: string, source: string): Promise<BundleSite> {
  const sluice = await startSluice(folder, [source]);
  const database = openDatabase(sluice);
  const api = await manage(sluice);
  await api.createChannel(channel);
  const mirror = {
    mirror_name: 'bench',
    mirror_mode: 'active',
    source_root: source,
    filters: { subdirs: ['linux-64'] },
  };
  let mirrorId: string | undefined;
  return {
    async bringIn() {
      const before = mirrorId === undefined ? undefined : await api.mirror(channel, mirrorId);
      if (mirrorId === undefined) mirrorId = await api.createMirror(channel, { ...mirror, run_now: true });
      else await api.runMirror(channel, mirrorId);
      await api.untilCompleted(channel, mirrorId, before);
      await database.settled(channel);
    },
    async bundle(wish, files) {
      const begun = performance.now();
      const { id } = (await api.post('/api/bundles', { channels: [channel], ...wish })) as Bundle;
      for (;;) {
        const made = (await api.get(`/api/bundles/${id}`)) as Bundle;
        if (made.finished_at === null) {
          sluice.assertAlive();
          await sleep(10);
          continue;
        }
        const seconds = (performance.now() - begun) / 1000;
        if (made.state !== 'completed') throw new Error(`The bundle ${made.state}: ${JSON.stringify(made.error)}`);
        check(made, files);
        return { seconds, bytes: made.parts.reduce((sum, { bytes }) => sum + bytes, 0) };
      }
    },
    async close() {
      await database.close();
      await sluice.stop();
    },
  };
}

/** By tar's own reading: each file's bytes stand once in it, and nothing else does. */
function check({ parts }: Bundle, files: ReadonlyMap<string, string>): void {
  const members = parts.flatMap(({ place }) => {
    readManifest(readFileSync(place).subarray(0, 1024));
    return execFileSync('tar', ['tf', place], { encoding: 'utf8', maxBuffer: 1 << 28 })
      .trim()
      .split('\n');
  });
  const carried = members.flatMap((name) => (name.startsWith('blobs/') ? name.slice('blobs/'.length) : []));
  const wanted = new Set(files.values());
  if (carried.length !== wanted.size || !carried.every((sha256) => wanted.has(sha256))) {
    throw new Error(`The bundle carries ${carried.length} files and should carry ${wanted.size} others.`);
  }
}
