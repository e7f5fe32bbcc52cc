import type { BlobRow } from '@sluice/catalog';
import { createRepodataWriter } from '@sluice/formats/conda';
import { putCompressed } from '@sluice/storage';
import type { PublishDeps } from '../deps.ts';
import type { LoadedLayer } from '../selection.ts';
import { documentLevel } from './put-document.ts';
import { shownRecords } from './shown-records.ts';

const endings = { packages: '.tar.bz2', 'packages.conda': '.conda' } as const;
type Bucket = keyof typeof endings;
const buckets = Object.keys(endings) as Bucket[];

/**
 * Write `repodata.json.zst` of one subdir: the shown records copied from the database into one zstd frame that states
 * its unpacked size. Memory holds a few chunks, whatever the number of records.
 */
export async function buildRepodata(
  deps: PublishDeps,
  layers: readonly LoadedLayer[],
  subdir: string,
): Promise<BlobRow> {
  const size = repodataSize(layers, subdir);
  return putCompressed(
    deps.storage,
    { chunks: repodataChunks(deps, layers, subdir), bytes: size },
    documentLevel(size),
  );
}

async function* repodataChunks(
  deps: PublishDeps,
  layers: readonly LoadedLayer[],
  subdir: string,
): AsyncGenerator<Uint8Array> {
  const ready: Uint8Array[] = [];
  const writer = createRepodataWriter(frame(subdir), (chunk) => ready.push(chunk));
  for (const bucket of buckets) {
    for await (const records of shownRecords(deps.pool, layers, subdir, endings[bucket])) {
      for (const { file, body } of records) writer.entry(bucket, file.toString(), body);
      yield* ready.splice(0);
    }
  }
  writer.end();
  yield* ready;
}

/** The unpacked size in bytes, known from the facts before the first record is read. */
function repodataSize(layers: readonly LoadedLayer[], subdir: string): number {
  let size = emptyRepodata(subdir).byteLength;
  const members = { packages: 0, 'packages.conda': 0 };
  for (const { facts, verdicts } of layers) {
    for (let i = 0; i < facts.count; i++) {
      if (verdicts[i] !== 0) continue;
      const file = facts.file(i);
      size += Buffer.byteLength(JSON.stringify(file)) + ':'.length + facts.length[i]!;
      members[file.endsWith('.conda') ? 'packages.conda' : 'packages']++;
    }
  }
  const commas = Math.max(0, members.packages - 1) + Math.max(0, members['packages.conda'] - 1);
  return size + commas;
}

/** The repodata of a subdir that shows nothing. */
export function emptyRepodata(subdir: string): Uint8Array {
  const chunks: Uint8Array[] = [];
  createRepodataWriter(frame(subdir), (chunk) => chunks.push(chunk)).end();
  return Buffer.concat(chunks);
}

function frame(subdir: string) {
  return { info: { subdir }, removed: [] };
}
