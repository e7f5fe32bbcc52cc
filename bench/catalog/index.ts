import path from 'node:path';
import { knownSubdirs } from '@sluice/formats/conda';
import { startUpstreamServer } from '@sluice/testkit';
import type { Bench } from '../bench.ts';
import { timed } from '../measure.ts';
import { openDatabase } from '../sluice/database.ts';
import { type Management, manage } from '../sluice/management.ts';
import { watchMemory } from '../sluice/memory.ts';
import { startSluice } from '../sluice/sluice-process.ts';
import { type SyntheticPart, writeChannel } from '../synthetic/channel.ts';
import { syntheticNames } from '../synthetic/records.ts';
import { timeNotModified, timePages } from './asking.ts';

type CatalogParams = { records: number; names: number; seed: number; asks: number };

/** Shares of the large subdirs, in thousandths; every other subdir there is has two. */
const shares: Readonly<Record<string, number>> = {
  'linux-64': 230,
  'osx-64': 180,
  'win-64': 150,
  noarch: 100,
  'osx-arm64': 120,
  'linux-aarch64': 110,
  'linux-ppc64le': 80,
};

/** All of a channel like conda-forge, every subdir, in one catalog: is it there at once after a start, and quick to ask? */
export const catalogBench: Bench<CatalogParams> = {
  summary: 'a catalog of 3,000,000 files over all subdirs: start, unchanged index, package pages',
  params: { records: 3_000_000, names: 31_000, seed: 1, asks: 200 },
  wanted: { ready_s: 5, warm_304_ms: 5, package_page_p95_ms: 100, package_list_p95_ms: 100, package_files_p95_ms: 100 },
  async run({ params, cache, scratch, log }) {
    const parts = partsOf(params);
    const total = parts.reduce((sum, { records }) => sum + records, 0);
    const made = await timed(() => writeChannel(parts, cache, path.join(scratch, 'upstream')));
    log(`${total} records in ${parts.length} subdirs, made or found in ${made.seconds.toFixed(0)} s`);
    const upstream = await startUpstreamServer({ folder: made.value.folder });
    const folder = path.join(scratch, 'sluice');
    const memory = watchMemory();
    let sluice = await startSluice(folder);
    memory.follow(sluice);
    try {
      const filled = await timed(async () => fill(await manage(sluice), upstream.url));
      const database = openDatabase(sluice);
      await database.settled('bench');
      await database.close();
      memory.leave();
      log(`filled in ${filled.seconds.toFixed(0)} s, ${JSON.stringify(memory.peaks())}`);
      await sluice.stop();

      sluice = await startSluice(folder);
      const { ready_s } = sluice;
      memory.follow(sluice);
      const notModified = await timeNotModified(sluice, params.asks);
      const api = await manage(sluice);
      const linux = parts.find(({ subdir }) => subdir === 'linux-64')!;
      const names = syntheticNames(linux).map(({ name }) => name);
      const pages = await timePages(api, names, params.asks);
      memory.leave();
      return { files: total, fill_s: filled.seconds, ready_s, ...notModified, ...pages, ...memory.peaks() };
    } finally {
      memory.leave();
      await sluice.stop();
      await upstream.close();
    }
  },
};

/** The names of every subdir are the same, as they are in life. */
function partsOf({ records, names, seed }: CatalogParams): SyntheticPart[] {
  const large = Object.values(shares).reduce((sum, share) => sum + share, 0);
  const small = knownSubdirs.filter((subdir) => shares[subdir] === undefined);
  const share = (subdir: string) => shares[subdir] ?? (1000 - large) / small.length;
  return knownSubdirs.map((subdir) => {
    const count = Math.max(1, Math.round((records * share(subdir)) / 1000));
    return { subdir, records: count, names: Math.max(1, Math.min(names, Math.floor(count / 3))), seed };
  });
}

async function fill(api: Management, source: string): Promise<void> {
  await api.createChannel('bench');
  const mirror = {
    mirror_name: 'bench',
    mirror_mode: 'passive',
    source_root: source,
    keep_legacy: true,
    run_now: true,
  };
  await api.untilCompleted('bench', await api.createMirror('bench', mirror), undefined);
}
