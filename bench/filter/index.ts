import path from 'node:path';
import type { Bench, BenchContext, Figures } from '../bench.ts';
import { measureLimit } from '../limit.ts';
import { medians } from '../measure.ts';
import { type SyntheticPart, writeChannel } from '../synthetic/channel.ts';
import { condaForgeSize } from '../synthetic/records.ts';
import { type KnownPart, knowPart } from './known-part.ts';
import { openScene } from './scene.ts';
import { playSteps } from './steps.ts';

/** What the bench can be asked for. */
export type FilterParams = { records: number; names: number; seed: number; runs: number };

/** A channel on disk and in memory. */
export interface KnownChannel {
  readonly folder: string;
  readonly parts: readonly KnownPart[];
}

/**
 * A synthetic channel from a local HTTP upstream through a passive mirror with six rules to what clients read: the first
 * time, unchanged, changed by a hundredth, and after edits of the rules, with a warm server and a fresh one.
 */
export const filterBench: Bench<FilterParams> = {
  summary: 'a conda-forge sized channel through a passive mirror with six rules, and edits of these',
  params: { ...condaForgeSize, runs: 1 },
  wanted: {
    first_s: 30,
    unchanged_304_s: 0.5,
    unchanged_same_bytes_s: 4,
    one_percent_changed_s: 8,
    edit_1_name_s: 0.3,
    edit_250_names_s: 0.6,
    edit_2500_names_s: 2,
    edit_licence_60pct_s: 12,
    edit_1_name_restarted_s: 0.3,
    edit_250_names_restarted_s: 0.6,
    edit_2500_names_restarted_s: 2,
    edit_licence_60pct_restarted_s: 12,
    monolith_after_edit_s: 10,
    rss_mb: 700,
  },
  async run(context) {
    const { params, cache, log, scratch } = context;
    const linux: SyntheticPart = { ...params, subdir: 'linux-64' };
    const noarch: SyntheticPart = {
      subdir: 'noarch',
      records: Math.ceil(params.records / 350),
      names: Math.ceil(params.names / 250),
      seed: params.seed + 1,
    };
    const first = await writeChannel([linux, noarch], cache, path.join(scratch, 'first'));
    const next = await writeChannel([{ ...linux, edition: 1 }, noarch], cache, path.join(scratch, 'next'));
    const [document] = first.documents;
    log(`${params.records} records of ${params.names} names, ${document!.jsonBytes} bytes, sha256 ${document!.sha256}`);
    log(`${params.runs} run${params.runs === 1 ? '' : 's, medians'}`);
    const small = knowPart(noarch);
    const editions: [KnownChannel, KnownChannel] = [
      { folder: first.folder, parts: [knowPart(linux), small] },
      { folder: next.folder, parts: [knowPart({ ...linux, edition: 1 }), small] },
    ];
    const runs: Figures[] = [];
    for (let run = 0; run < params.runs; run++) {
      const folder = path.join(scratch, `${run}`);
      const figures = await once(context, editions, folder);
      const limit = await measureLimit(document!, params.records, path.join(folder, 'limit'));
      runs.push({ json_mb: document!.jsonBytes / 1e6, ...figures, ...limit });
    }
    return medians(runs);
  },
};

async function once(
  { params, log }: BenchContext<FilterParams>,
  editions: readonly [KnownChannel, KnownChannel],
  folder: string,
): Promise<Figures> {
  const scene = await openScene(editions[0].folder, folder);
  try {
    const figures = await playSteps(scene, editions, params, log);
    await scene.stop();
    return { ...figures, ...scene.memory.peaks() };
  } finally {
    await scene.close();
  }
}
