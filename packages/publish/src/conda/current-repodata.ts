import type { BlobRow } from '@sluice/catalog';
import {
  type CondaRecord,
  chooseCurrent,
  createRepodataWriter,
  currentRecordText,
  readRecord,
} from '@sluice/formats/conda';
import type { PublishDeps } from '../deps.ts';
import type { LoadedLayer } from '../selection.ts';
import { putDocument } from './put-document.ts';
import { shownRecords } from './shown-records.ts';

interface Candidate {
  fn: string;
  text: Buffer;
  name: string;
  version: string;
  build: string;
  build_number: number;
  depends: readonly string[];
  track_features: readonly string[];
  md5: string | undefined;
}

/**
 * Write `current_repodata.json.zst` of one subdir: the newest versions and what they need. It holds all records of the
 * subdir while it chooses, so the caller asks for it only up to a moderate number of them.
 */
export async function buildCurrentRepodata(
  deps: PublishDeps,
  layers: readonly LoadedLayer[],
  subdir: string,
): Promise<BlobRow> {
  const candidates = await readCandidates(deps, layers, subdir);
  const legacyMd5 = new Map(candidates.map(({ fn, md5 }) => [fn, md5]));
  const chosen = [...chooseCurrent(candidates)].sort((a, b) => (a.fn < b.fn ? -1 : 1));
  const chunks: Uint8Array[] = [];
  const writer = createRepodataWriter({ info: { subdir }, removed: [] }, (chunk) => chunks.push(chunk));
  for (const { fn, text } of chosen) if (fn.endsWith('.tar.bz2')) writer.entry('packages', fn, text);
  for (const { fn, text } of chosen) {
    if (!fn.endsWith('.conda')) continue;
    const md5 = legacyMd5.get(fn.replace(/\.conda$/, '.tar.bz2'));
    writer.entry('packages.conda', fn, md5 === undefined ? text : currentRecordText(text, { md5 }));
  }
  writer.end();
  return putDocument(deps.storage, chunks);
}

async function readCandidates(deps: PublishDeps, layers: readonly LoadedLayer[], subdir: string): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for (const ending of ['.tar.bz2', '.conda']) {
    for await (const records of shownRecords(deps.pool, layers, subdir, ending)) {
      for (const { file, body } of records) candidates.push(candidate(file.toString(), Buffer.from(body)));
    }
  }
  return candidates;
}

function candidate(fn: string, text: Buffer): Candidate {
  const record: CondaRecord = readRecord(text);
  return {
    fn,
    text,
    name: record.name,
    version: record.version,
    build: record.build,
    build_number: record.build_number,
    depends: record.depends,
    track_features: record.track_features,
    md5: record.md5,
  };
}
