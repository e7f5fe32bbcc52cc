import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Figures } from '../bench.ts';
import { timed } from '../measure.ts';
import { openDatabase } from '../sluice/database.ts';
import { manage } from '../sluice/management.ts';
import { watchMemory } from '../sluice/memory.ts';
import { startSluice } from '../sluice/sluice-process.ts';
import type { Editions } from './packages.ts';
import type { BenchUpstream } from './upstream.ts';

const channel = 'bench';

/** Mirror the first edition into a new Sluice, then the next one. From the POST to the completed run, with all documents out. */
export async function sluiceRun(
  upstream: BenchUpstream,
  editions: Editions,
  { concurrency, serve }: { concurrency: number; serve: (folders: readonly string[]) => Promise<void> },
  folder: string,
): Promise<Figures> {
  const sluice = await startSluice(path.join(folder, 'sluice'));
  const memory = watchMemory();
  memory.follow(sluice);
  const database = openDatabase(sluice);
  try {
    const api = await manage(sluice);
    await api.createChannel(channel);
    await serve(editions.first);
    const definition = {
      mirror_name: 'bench',
      mirror_mode: 'active',
      source_root: upstream.url,
      filters: { subdirs: ['linux-64'] },
      limits: { concurrency },
      run_now: true,
    };
    let mirrorId = '';
    const first = await timed(async () => {
      mirrorId = await api.createMirror(channel, definition);
      await api.untilCompleted(channel, mirrorId, undefined);
    });
    await check(sluice.url, editions.firstFiles);
    await database.settled(channel);

    await serve(editions.next);
    const before = await api.mirror(channel, mirrorId);
    const next = await timed(async () => {
      await api.runMirror(channel, mirrorId);
      await api.untilCompleted(channel, mirrorId, before);
    });
    await check(sluice.url, editions.nextFiles);
    memory.leave();
    return {
      sluice_s: first.seconds,
      one_percent_changed_s: next.seconds,
      one_percent_ratio: next.seconds / first.seconds,
      ...memory.peaks(),
    };
  } finally {
    memory.leave();
    await database.close();
    await sluice.stop();
  }
}

/** Every file must be served, with its own bytes. */
async function check(url: string, files: ReadonlyMap<string, string>): Promise<void> {
  const left = [...files];
  const work = async () => {
    for (let one = left.pop(); one; one = left.pop()) {
      const [file, digest] = one;
      const answer = await fetch(`${url}/api/repo/${channel}/linux-64/${file}`);
      const found = createHash('sha256')
        .update(Buffer.from(await answer.arrayBuffer()))
        .digest('hex');
      if (found !== digest) throw new Error(`Sluice answers ${answer.status} and other bytes for ${file}.`);
    }
  };
  await Promise.all(Array.from({ length: 4 }, work));
}
