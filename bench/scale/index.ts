import path from 'node:path';
import { startUpstreamServer } from '@sluice/testkit';
import type { Bench, BenchContext, Figures } from '../bench.ts';
import { publishedRecords } from '../filter/published.ts';
import { medians } from '../measure.ts';
import { manage } from '../sluice/management.ts';
import { watchMemory } from '../sluice/memory.ts';
import { startSluice } from '../sluice/sluice-process.ts';
import { writeChannel } from '../synthetic/channel.ts';
import { timeStages } from './stages.ts';

type ScaleParams = { largest: number; per_name: number; seed: number; runs: number };

/** A passive mirror of a hundredth, a tenth and all of `largest` records: how time and memory grow with them. */
export const scaleBench: Bench<ScaleParams> = {
  summary: 'time and memory of each stage for 10,000, 100,000 and 1,000,000 records',
  params: { largest: 1_000_000, per_name: 28, seed: 1, runs: 1 },
  // The middle size is the measure: the small one is mostly what a server needs to be there at all.
  wanted: { time_per_record_ratio: 1.2, rss_ratio: 1.6, rss_1m_mb: 800 },
  async run(context) {
    const { params, log } = context;
    const sizes = [params.largest / 100, params.largest / 10, params.largest].map(Math.round);
    const runs: Figures[] = [];
    for (let run = 0; run < params.runs; run++) {
      const figures: Record<string, number> = {};
      for (const records of sizes) {
        const found = await measureSize(context, records, path.join(context.scratch, `${run}-${records}`));
        log(`${records} records: ${JSON.stringify(found)}`);
        for (const [name, value] of Object.entries(found)) figures[labelled(name, records)] = value;
      }
      const [, middle, largest] = sizes as [number, number, number];
      const of = (name: string, records: number) => figures[labelled(name, records)]!;
      figures.time_per_record_ratio = of('total_s', largest) / largest / (of('total_s', middle) / middle);
      figures.rss_ratio = of('rss_mb', largest) / of('rss_mb', middle);
      runs.push(figures);
    }
    return medians(runs);
  },
};

async function measureSize(
  { params, cache }: BenchContext<ScaleParams>,
  records: number,
  folder: string,
): Promise<Figures> {
  const part = { subdir: 'linux-64', records, names: Math.ceil(records / params.per_name), seed: params.seed };
  const channel = await writeChannel([part], cache, path.join(folder, 'upstream'));
  const upstream = await startUpstreamServer({ folder: channel.folder });
  const sluice = await startSluice(path.join(folder, 'sluice'));
  const memory = watchMemory();
  memory.follow(sluice);
  try {
    const api = await manage(sluice);
    await api.createChannel('bench');
    const mirror = { mirror_name: 'bench', mirror_mode: 'passive', source_root: upstream.url, keep_legacy: true };
    const stages = await timeStages(sluice, api, { ...mirror, run_now: true });
    const { count } = await publishedRecords(`${sluice.url}/api/repo/bench/linux-64/repodata.json.zst`);
    if (count !== records) throw new Error(`${count} of ${records} records are published.`);
    memory.leave();
    return { ...stages, total_s: Object.values(stages).reduce((sum, stage) => sum + stage, 0), ...memory.peaks() };
  } finally {
    memory.leave();
    await sluice.stop();
    await upstream.close();
  }
}

/** `rss_mb` of 10,000 records is `rss_10k_mb`. */
function labelled(figure: string, records: number): string {
  const size = records >= 1_000_000 ? `${records / 1_000_000}m` : `${records / 1000}k`;
  return figure.replace(/_(s|mb)$/, `_${size}_$1`);
}
