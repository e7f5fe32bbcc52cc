import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { startUpstreamServer } from '@sluice/testkit';
import type { Bench, BenchContext, Figures } from '../bench.ts';
import { measureLimit } from '../limit.ts';
import { medians, timed } from '../measure.ts';
import { condaForgeSize } from '../synthetic/records.ts';
import { type SyntheticRepodata, writeRepodata } from '../synthetic/write-repodata.ts';
import { expectedRecords } from './expected.ts';
import { manage } from '../sluice/management.ts';
import { peakMemory, watchPostgres } from '../sluice/process-memory.ts';
import { publishedRecords } from './published.ts';
import { editRules, type FilterRules, makeRules, wireFilters } from './rules.ts';
import { startSluice } from '../sluice/sluice-process.ts';

type FilterParams = { records: number; names: number; seed: number; runs: number };

/**
 * A synthetic channel from a local HTTP upstream through a passive mirror with six rules to a published index: the first
 * time, when the upstream says 304, and after one spec was edited.
 */
export const filterBench: Bench<FilterParams> = {
  summary: 'a conda-forge sized channel through a passive mirror with six rules to a published index',
  params: { ...condaForgeSize, runs: 1 },
  wanted: { first_s: 60, unchanged_304_s: 1, edit_rule_s: 20, rss_mb: 1000 },
  async run(context) {
    const { params, cache, log } = context;
    const source = await writeRepodata(params, cache);
    log(`${params.records} records of ${params.names} names, ${source.jsonBytes} bytes, sha256 ${source.sha256}`);
    log(`${params.runs} run${params.runs === 1 ? '' : 's, medians'}`);
    const runs: Figures[] = [];
    for (let run = 0; run < params.runs; run++)
      runs.push(await once(context, source, path.join(context.scratch, `${run}`)));
    return medians(runs);
  },
};

async function once(
  { params, log }: BenchContext<FilterParams>,
  source: SyntheticRepodata,
  folder: string,
): Promise<Figures> {
  const upstream = await startUpstreamServer({ folder: channelFolder(source, folder) });
  const sluice = await startSluice(folder);
  const index = `${sluice.url}/api/repo/bench/linux-64/repodata.json.zst`;
  const postgres = watchPostgres(sluice.pid);
  try {
    const api = await manage(sluice);
    const rules = makeRules(params);
    const mirror = {
      mirror_name: 'bench',
      mirror_type: 'conda',
      mirror_mode: 'passive',
      source_root: upstream.url,
      filters: wireFilters(rules),
      run_now: true,
    };
    await api.createChannel('bench');

    let id = '';
    const first = await timed(async () => {
      id = await api.createMirror('bench', mirror);
      return api.untilCompleted('bench', id, undefined);
    });
    log(`first: ${first.seconds.toFixed(2)} s`);
    const firstTag = await tagOf(index);
    await check('first', index, params, rules, first.value.sync_state?.count?.mirror_filtered);

    upstream.reset();
    const unchanged = await timed(async () => {
      await api.editMirror('bench', id, mirror);
      return api.untilCompleted('bench', id, first.value);
    });
    log(`unchanged: ${unchanged.seconds.toFixed(2)} s`);
    const isNotModified = upstream.asked.some(
      ({ path: asked, status }) => asked.startsWith('/linux-64/') && status === 304,
    );
    if (!isNotModified) throw new Error(`The upstream never said 304: ${JSON.stringify(upstream.asked)}`);
    if ((await tagOf(index)) !== firstTag)
      throw new Error('Nothing changed upstream, and another index was published.');

    const edited = editRules(rules);
    const edit = await timed(async () => {
      await api.editMirror('bench', id, { ...mirror, filters: wireFilters(edited) });
      return api.untilCompleted('bench', id, unchanged.value);
    });
    log(`edit: ${edit.seconds.toFixed(2)} s`);
    if ((await tagOf(index)) === firstTag) throw new Error('A rule was edited, and the same index is published.');
    await check('edit', index, params, edited, edit.value.sync_state?.count?.mirror_filtered);

    const memory = { rss_mb: peakMemory(sluice.pid), postgres_rss_mb: postgres.stop() };
    await sluice.stop();
    const limit = await measureLimit(source, params.records, path.join(folder, 'limit'));
    return {
      first_s: first.seconds,
      unchanged_304_s: unchanged.seconds,
      edit_rule_s: edit.seconds,
      ...memory,
      ...limit,
    };
  } finally {
    postgres.stop();
    await sluice.stop();
    await upstream.close();
  }
}

/** An upstream's folder: the generated linux-64 and an empty noarch. */
function channelFolder(source: SyntheticRepodata, folder: string): string {
  const channel = path.join(folder, 'upstream');
  for (const subdir of ['linux-64', 'noarch']) mkdirSync(path.join(channel, subdir), { recursive: true });
  symlinkSync(source.json, path.join(channel, 'linux-64/repodata.json'));
  symlinkSync(source.zst, path.join(channel, 'linux-64/repodata.json.zst'));
  const empty = '{"info":{"subdir":"noarch"},"packages":{},"packages.conda":{},"removed":[],"repodata_version":1}';
  writeFileSync(path.join(channel, 'noarch/repodata.json'), empty);
  writeFileSync(path.join(channel, 'noarch/repodata.json.zst'), zstdCompressSync(empty));
  return channel;
}

async function tagOf(index: string): Promise<string> {
  const response = await fetch(index, { method: 'HEAD' });
  const tag = response.headers.get('etag');
  if (response.status !== 200 || tag === null)
    throw new Error(`HEAD ${index} answered ${response.status}, ETag ${tag}.`);
  return tag;
}

/** Compare what is published with what the rules mean. @throws when a record or a counter differs. */
async function check(
  when: string,
  index: string,
  params: FilterParams,
  rules: FilterRules,
  counters: Readonly<Record<string, number>> | undefined,
): Promise<void> {
  const { dropped, ...wanted } = expectedRecords(params, rules);
  const found = await publishedRecords(index);
  if (found.count !== wanted.count || found.digest !== wanted.digest) {
    throw new Error(
      `${when}: wanted ${JSON.stringify({ ...wanted, dropped })}, published ${JSON.stringify({ ...found, counters })}`,
    );
  }
  for (const [reason, count] of Object.entries(dropped)) {
    if (counters?.[reason] !== count) {
      throw new Error(`${when}: wanted ${JSON.stringify(dropped)} filtered, counted ${JSON.stringify(counters)}`);
    }
  }
}
