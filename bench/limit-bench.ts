import path from 'node:path';
import type { Bench } from './bench.ts';
import { measureLimit } from './limit.ts';
import { medians } from './measure.ts';
import { condaForgeSize } from './synthetic/records.ts';
import { writeRepodata } from './synthetic/write-repodata.ts';

/** The physical limit alone, as the median of some runs. */
export const limitBench: Bench<{ records: number; names: number; seed: number; runs: number }> = {
  summary: 'decompress + scan + COPY + compress of a synthetic channel: what no filter can be faster than',
  params: { ...condaForgeSize, runs: 5 },
  async run({ params, cache, scratch, log }) {
    const source = await writeRepodata(params, cache);
    const made = source.made_s === undefined ? 'found' : `made in ${source.made_s.toFixed(1)} s`;
    log(
      `${params.records} records, ${source.jsonBytes} bytes, ${source.zstBytes} compressed, ${source.sha256}, ${made}`,
    );
    const runs = [];
    for (let run = 0; run < params.runs; run++) {
      runs.push(await measureLimit(source, params.records, path.join(scratch, `${run}`)));
      log(`run ${run + 1}: ${JSON.stringify(runs[run])}`);
    }
    return { json_mb: source.jsonBytes / 1e6, zst_mb: source.zstBytes / 1e6, ...medians(runs) };
  },
};
