import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Figures } from '../bench.ts';
import { median, timed } from '../measure.ts';
import { openDatabase } from '../sluice/database.ts';
import { etagOf, indexUrl, untilChanged } from '../sluice/head.ts';
import { type Management, manage } from '../sluice/management.ts';
import { watchMemory } from '../sluice/memory.ts';
import { type SluiceProcess, startSluice } from '../sluice/sluice-process.ts';
import { type Corpus, linkCorpus, type SparePackage } from './corpus.ts';
import type { PublishParams } from './index.ts';
import { filesOfServer, type ListedFiles } from './listed-files.ts';

/** What a Sluice of its own is to publish. */
export interface SluiceRun {
  readonly corpus: Corpus;
  /** The first ones are uploaded, the others put into the folder. */
  readonly spares: readonly SparePackage[];
  readonly params: PublishParams;
  readonly folder: string;
  readonly log: (line: string) => void;
}

const channel = 'bench';
/** Publications of a channel are at least a second apart; who waits for the one before would measure that. */
const pause_ms = 1_500;

/** Mirror the folder, then add packages one by one. @returns what the first publication lists, too. */
export async function sluiceRun(run: SluiceRun): Promise<{ figures: Figures; listed: ListedFiles }> {
  const { corpus, params, folder, log } = run;
  // Linked, so that files can be added to it.
  const packages = linkCorpus(corpus, path.join(folder, 'packages'));
  const source = pathToFileURL(packages).href;
  const sluice = await startSluice(path.join(folder, 'sluice'), [source]);
  const memory = watchMemory();
  memory.follow(sluice);
  const database = openDatabase(sluice);
  try {
    const api = await manage(sluice);
    await api.createChannel(channel);
    // The spare files are builds of packages that the folder has, too.
    await api.mergeNames(channel);
    const definition = { mirror_name: 'bench', mirror_type: 'conda', mirror_mode: 'active', source_root: source };
    let mirrorId = '';
    const { seconds } = await timed(async () => {
      mirrorId = await api.createMirror(channel, { ...definition, keep_legacy: true, run_now: true });
      await api.untilCompleted(channel, mirrorId, undefined);
    });
    log(`Sluice, cold: ${seconds.toFixed(2)} s`);
    const listed = await filesOfServer(`${sluice.url}/api/repo/${channel}`);
    if (listed.size !== params.files) throw new Error(`Sluice lists ${listed.size} of ${params.files} files.`);
    await database.settled(channel);

    const uploaded = [];
    for (const spare of run.spares.slice(0, params.uploads)) uploaded.push(await uploadOne(sluice, api, spare));
    log(`Sluice, uploads: ${uploaded.map((ms) => Math.round(ms)).join(' ')} ms`);
    const found = [];
    for (const spare of run.spares.slice(params.uploads)) {
      await database.settled(channel);
      found.push(await addFile(sluice, api, mirrorId, packages, spare));
    }
    log(`Sluice, files put into the folder: ${found.map((ms) => Math.round(ms)).join(' ')} ms`);
    await database.settled(channel);
    const all = await filesOfServer(`${sluice.url}/api/repo/${channel}`);
    const missing = run.spares.filter(({ fileName }) => !all.has(fileName));
    if (missing.length > 0) throw new Error(`Sluice does not list ${missing[0]!.fileName}, which was added.`);
    memory.leave();
    const figures = {
      cold_s: seconds,
      one_added_visible_ms: median(uploaded),
      one_added_run_visible_ms: median(found),
      ...memory.peaks(),
    };
    return { figures, listed };
  } finally {
    memory.leave();
    await database.close();
    await sluice.stop();
  }
}

/** Milliseconds from the answer to an upload to the index that has its shard. */
async function uploadOne(sluice: SluiceProcess, api: Management, spare: SparePackage): Promise<number> {
  await sleep(pause_ms);
  const index = indexUrl(sluice.url, channel);
  const before = await etagOf(index);
  await api.upload(channel, spare.fileName, spare.bytes);
  const { seconds } = await timed(() => untilChanged(index, before));
  return seconds * 1000;
}

/** Milliseconds from the wish for a run to the index that has the shard of a file new in the folder. */
async function addFile(
  sluice: SluiceProcess,
  api: Management,
  mirrorId: string,
  packages: string,
  spare: SparePackage,
): Promise<number> {
  await sleep(pause_ms);
  const index = indexUrl(sluice.url, channel);
  const before = await etagOf(index);
  writeFileSync(path.join(packages, 'linux-64', spare.fileName), spare.bytes);
  const { seconds } = await timed(async () => {
    await api.runMirror(channel, mirrorId);
    await untilChanged(index, before);
  });
  return seconds * 1000;
}
