import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Bench, Figures } from '../bench.ts';
import { medians } from '../measure.ts';
import { makeEditions } from '../mirror/packages.ts';
import { openSite } from './site.ts';
import { peerWork, tarZstd } from './tar-zstd.ts';
import { twoEditions } from './two-editions.ts';

/** What the bench can be asked for. */
export type BundleParams = { files: number; seed: number; runs: number };

/**
 * A channel of many packages as a full bundle, beside `tar | zstd` of the same files; then one in a hundred of them changed, as a delta.
 * A bundle's time goes from its POST until the API says that it is completed.
 */
export const bundleBench: Bench<BundleParams> = {
  summary: '10,000 files as a signed bundle beside tar | zstd, and a delta in which 1 % changed',
  params: { files: 10_000, seed: 1, runs: 5 },
  wanted: { delta_bytes_ratio: 0.03, delta_time_ratio: 0.1, full_vs_tar_zstd: 1.5 },
  async run({ params, cache, scratch, log }) {
    const editions = await makeEditions(params, cache);
    log(`${editions.firstFiles.size} files, ${editions.bytes} bytes, beside ${peerWork}`);
    const source = twoEditions(editions, path.join(scratch, 'source'));
    const site = await openSite(path.join(scratch, 'sluice'), pathToFileURL(source.folder).href);
    try {
      await site.bringIn();
      const runs: Figures[] = [];
      for (let run = 0; run < params.runs; run++) {
        const series = `run-${run}`;
        const full = await site.bundle({ series }, source.files());
        const peer = await tarZstd(source.folder, source.files(), path.join(scratch, 'peer.tar.zst'));
        const before = source.files();
        source.turn();
        await site.bringIn();
        const fresh = [...source.files()].filter(([file]) => !before.has(file));
        const delta = await site.bundle({ series, since: 'last' }, new Map(fresh));
        runs.push({
          full_s: full.seconds,
          full_mb: full.bytes / 1e6,
          delta_s: delta.seconds,
          delta_mb: delta.bytes / 1e6,
          ...peer,
          delta_bytes_ratio: delta.bytes / full.bytes,
          delta_time_ratio: delta.seconds / full.seconds,
          full_vs_tar_zstd: full.seconds / peer.tar_zstd_s,
          full_vs_tar_zstd_synced: full.seconds / peer.tar_zstd_synced_s,
        });
        log(`run ${run + 1}: ${JSON.stringify(runs.at(-1))}`);
      }
      return medians(runs);
    } finally {
      await site.close();
    }
  },
};
