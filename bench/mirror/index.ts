import path from 'node:path';
import type { Bench, Figures } from '../bench.ts';
import { medians } from '../measure.ts';
import { curlAll } from './curl.ts';
import { makeEditions } from './packages.ts';
import { sluiceRun } from './sluice-run.ts';
import { startUpstream } from './upstream.ts';

/** What the bench can be asked for. */
export type MirrorParams = {
  files: number;
  seed: number;
  runs: number;
  concurrency: number;
  latency_ms: number;
  faults_percent: number;
};

/** An active mirror of many small packages from an upstream that is neither near nor sound, beside curl with the same list. */
export const mirrorBench: Bench<MirrorParams> = {
  summary: '5,000 files over a slow upstream with faults, verified and durable, beside parallel curl; then 1 % changed',
  params: { files: 5_000, seed: 1, runs: 5, concurrency: 8, latency_ms: 20, faults_percent: 1 },
  wanted: { ratio_to_curl: 1.5, one_percent_ratio: 0.1 },
  async run({ params, cache, scratch, log }) {
    const editions = await makeEditions(params, cache);
    log(`${editions.firstFiles.size} files, ${editions.bytes} bytes`);
    const order = { latency_ms: params.latency_ms, fault_share: params.faults_percent / 100 };
    const upstream = await startUpstream({ ...order, folders: editions.first });
    const serve = (folders: readonly string[]) => upstream.serve({ ...order, folders });
    try {
      const runs: Figures[] = [];
      for (let run = 0; run < params.runs; run++) {
        const folder = path.join(scratch, `${run}`);
        const ours = await sluiceRun(upstream, editions, { concurrency: params.concurrency, serve }, folder);
        await serve(editions.first);
        const curl_s = await curlAll(upstream.url, editions.firstFiles, params.concurrency, path.join(folder, 'curl'));
        runs.push({ ...ours, curl_s, ratio_to_curl: ours.sluice_s! / curl_s });
        log(`run ${run + 1}: ${JSON.stringify(runs.at(-1))}`);
      }
      return medians(runs);
    } finally {
      upstream.stop();
    }
  },
};
