import type { BlobRow } from '@sluice/catalog';
import {
  createRepodataWriter,
  createRunExportsWriter,
  type RepodataBucket,
  repodataBuckets,
  runExportsOfEntry,
} from '@sluice/formats/conda';
import { blobRef, putCompressed, readCompressedPieces } from '@sluice/storage';
import { PublishError } from '../../errors.ts';
import { documentLevel } from '../document-level.ts';
import { type DocumentRun, readRuns, runList } from '../document-runs.ts';
import { gathered } from '../gathered.ts';
import type { MonolithDeps } from '../monolith-deps.ts';
import { repodataFrame, repodataSize } from '../repodata.ts';
import type { SubdirContent } from '../subdir-content.ts';
import { drift } from '../write-subdir.ts';
import { mergeRecords } from './merge-records.ts';
import { mergeRuns } from './merge-runs.ts';
import { movedMembers } from './moved-members.ts';
import type { MovedRecords } from './moved-records.ts';

/**
 * Write repodata.json out of an earlier one.
 *
 * @param earlierRuns where in that the runs of package names stand, as a text.
 * @returns the same of the one that is written.
 * @throws {PublishError} `monolith_drift` when it does not come out as the publication says.
 */
export async function mergedRepodata(
  { storage }: Pick<MonolithDeps, 'storage'>,
  content: SubdirContent,
  earlier: BlobRow,
  earlierRuns: Buffer,
  moved: MovedRecords,
): Promise<{ blob: BlobRow; runs: Buffer }> {
  const frame = repodataFrame(content, { oldest: undefined, newest: undefined });
  const size = repodataSize(content, frame);
  const left = [...content.counts];
  const known = readRuns(earlierRuns);
  const runs = runList();
  const add = (run: Omit<DocumentRun, 'name'>) => {
    left[repodataBuckets.indexOf(run.bucket)]! -= run.records;
    runs.add(run);
  };
  async function* chunks(): AsyncGenerator<Uint8Array> {
    const ready: Uint8Array[] = [];
    const writer = createRepodataWriter(frame, (chunk) => ready.push(chunk));
    const pieces = readCompressedPieces(storage, blobRef(earlier));
    for await (const _ of mergeRuns(pieces, known, movedMembers(moved), { writer, runs: { add } })) {
      yield* ready.splice(0);
    }
    const wrong = left.findIndex((count) => count !== 0);
    if (wrong >= 0) throw drift(content, repodataBuckets[wrong]!, left[wrong]!);
    writer.end();
    if (writer.size() !== size) throw otherSize(content, size, writer.size());
    yield* ready;
  }
  const blob = await putCompressed(storage, { chunks: chunks(), bytes: size }, documentLevel(size));
  return { blob, runs: runs.text() };
}

/** Write run_exports.json out of an earlier one, which is the very same where nothing that moved has any. */
export async function mergedRunExports(
  { storage }: Pick<MonolithDeps, 'storage'>,
  subdir: string,
  earlier: BlobRow,
  moved: MovedRecords,
): Promise<BlobRow> {
  if (!moved.exports && (await storage.stat(blobRef(earlier)))) return earlier;
  const document = gathered();
  const writer = createRunExportsWriter(subdir, document.add);
  const known = { dropped: moved.dropped, fresh: moved.fresh.filter(({ extra }) => extra !== null) };
  const pieces = readCompressedPieces(storage, blobRef(earlier));
  const pass = mergeRecords(pieces, known, ({ bucket, fn, text, fresh }) => {
    writer.entry(bucket as Classic, fn, text ? runExportsOfEntry(text) : fresh.extra!);
  });
  for await (const _ of pass) await document.settle();
  writer.end();
  const unpackedDocument = await document.end();
  return putCompressed(storage, unpackedDocument, documentLevel(unpackedDocument.bytes));
}

type Classic = Exclude<RepodataBucket, 'v3.conda' | 'v3.tar.bz2'>;

function otherSize({ subdir }: SubdirContent, wanted: number, found: number): PublishError {
  const details = { wanted: `${wanted} bytes`, found: `${found} bytes` };
  return new PublishError(
    'monolith_drift',
    `An earlier repodata.json of ${subdir} has other bytes than noted.`,
    details,
  );
}
