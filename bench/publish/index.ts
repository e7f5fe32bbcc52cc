import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Bench, BenchContext, Figures } from '../bench.ts';
import { medians, timed } from '../measure.ts';
import { type Corpus, linkCorpus, makeCorpus, makeSpares, type SparePackage } from './corpus.ts';
import { expectSame, filesOfFolder, type ListedFiles } from './listed-files.ts';
import { findCondaIndex, findRattlerIndex, type Indexer } from './peers.ts';
import { sluiceRun } from './sluice-run.ts';

/** What the bench can be asked for. */
export type PublishParams = { files: number; seed: number; runs: number; uploads: number; added_files: number };

/**
 * A folder of package files without any index becomes a channel: by Sluice (an active mirror, every byte copied and made
 * durable), by conda-index and by rattler-index (which read the files where they lie). Then one more package.
 */
export const publishBench: Bench<PublishParams> = {
  summary: 'a folder of 20,000 package files to a channel, and one more, beside conda-index and rattler-index',
  params: { files: 20_000, seed: 1, runs: 5, uploads: 11, added_files: 3 },
  wanted: {
    cold_to_conda_index: 1 / 3,
    cold_to_rattler_index: 6,
    one_added_visible_ms: 200,
    one_added_to_conda_index: 1 / 50,
  },
  async run(context) {
    const { params, cache, log } = context;
    const corpus = await makeCorpus(params, cache, log);
    log(`${corpus.files.length} files, ${corpus.bytes} bytes, ${Math.round(corpus.bytes / corpus.files.length)} each`);
    const spares = await makeSpares(params, params.uploads + params.added_files);
    const peers = [await findCondaIndex(), await findRattlerIndex(cache, log)].filter((peer) => {
      if ('reason' in peer) log(`left out, with its figures: ${peer.reason}`);
      return !('reason' in peer);
    }) as Indexer[];
    const runs: Figures[] = [];
    for (let run = 0; run < params.runs; run++) {
      runs.push(await once(context, corpus, spares, peers, path.join(context.scratch, `${run}`)));
      log(`run ${run + 1}: ${JSON.stringify(runs.at(-1))}`);
    }
    return withRatios(medians(runs));
  },
};

async function once(
  { params, log, scratch }: BenchContext<PublishParams>,
  corpus: Corpus,
  spares: readonly SparePackage[],
  peers: readonly Indexer[],
  folder: string,
): Promise<Figures> {
  const ours = await sluiceRun({ corpus, spares, params, folder, log });
  const figures: Record<string, number> = { ...ours.figures };
  for (const { name, index } of peers) {
    const channel = linkCorpus(corpus, path.join(scratch, name));
    const work = path.join(folder, name);
    mkdirSync(work, { recursive: true });
    const cold = await timed(() => index(channel, work));
    log(`${name}, cold: ${cold.seconds.toFixed(2)} s`);
    expectSame(filesOfFolder(channel), ours.listed, name, 'Sluice');
    writeFileSync(path.join(channel, 'linux-64', spares[0]!.fileName), spares[0]!.bytes);
    const added = await timed(() => index(channel, work));
    log(`${name}, one added: ${added.seconds.toFixed(2)} s`);
    expectListed(filesOfFolder(channel), spares[0]!, name);
    figures[`${name}_cold_s`] = cold.seconds;
    figures[`${name}_one_added_s`] = added.seconds;
  }
  return figures;
}

function expectListed(files: ListedFiles, { fileName }: SparePackage, who: string): void {
  if (!files.has(fileName)) throw new Error(`${who} does not list ${fileName}, which was added.`);
}

/** Ours to the peers': what is wanted is said of these. */
function withRatios(figures: Figures): Figures {
  const ratio = (name: string, ours: number, peer: string) =>
    figures[peer] === undefined ? {} : { [name]: ours / figures[peer] };
  return {
    ...figures,
    ...ratio('cold_to_conda_index', figures.cold_s!, 'conda_index_cold_s'),
    ...ratio('cold_to_rattler_index', figures.cold_s!, 'rattler_index_cold_s'),
    ...ratio('one_added_to_conda_index', figures.one_added_visible_ms! / 1000, 'conda_index_one_added_s'),
  };
}
