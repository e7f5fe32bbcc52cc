import {
  bucketOf,
  createRunExportsWriter,
  type RepodataBucket,
  type RunExportsMap,
  repodataBuckets,
} from '@sluice/formats/conda';
import { type DocumentRun, readRuns, runExportsBytes } from '../document-runs.ts';
import type { MonolithDeps } from '../monolith-deps.ts';
import { type DocumentWithRuns, type EarlierDocument, type MergedContent, mergedDocument } from './merged-document.ts';
import { movedMembers } from './moved-members.ts';
import type { MovedRecords } from './moved-records.ts';

/**
 * Write run_exports.json out of an earlier one.
 *
 * @returns undefined where nothing that moved has any: it stays as it is.
 * @throws {PublishError} `monolith_drift` when the earlier one is not what it should be.
 */
export async function mergedRunExports(
  deps: Pick<MonolithDeps, 'storage'>,
  subdir: string,
  earlier: EarlierDocument,
  { dropped, fresh }: MovedRecords,
): Promise<DocumentWithRuns | undefined> {
  const gone = [...dropped].flatMap(([fn, exported]) => (exported === null ? [] : [{ fn, exported }]));
  const come = fresh.flatMap(({ bucket, fn, extra }) => (extra ? [{ bucket, fn, text: extra }] : []));
  if (gone.length + come.length === 0) return undefined;
  const left = gone.map(({ fn, exported }) => ({ bucket: bucketOf(fn, false), bytes: runExportsBytes(fn, exported) }));
  const added = come.map(({ bucket, fn, text }) => ({ bucket, bytes: runExportsBytes(fn, text.byteLength) }));
  const moved = movedMembers(
    gone.map(({ fn }) => fn),
    come,
  );
  return mergedDocument(deps, earlier, moved, {
    ...outcome(subdir, readRuns(earlier.runs), left, added),
    begin(emit) {
      const { entry, entries, ...writer } = createRunExportsWriter(subdir, emit);
      return {
        ...writer,
        entries: (bucket, fn) => entries(bucket as RunExportsMap, fn),
        entry(bucket, fn, text) {
          entry(bucket as RunExportsMap, fn, text);
          return runExportsBytes(fn, text.byteLength);
        },
      };
    },
  });
}

interface Members {
  bucket: RepodataBucket;
  bytes: number;
}

function outcome(
  subdir: string,
  known: Iterable<DocumentRun>,
  gone: readonly Members[],
  come: readonly Members[],
): Omit<MergedContent, 'begin'> {
  const counts = repodataBuckets.map(() => 0);
  let size = 0;
  const count = ({ bucket, bytes }: Members, records: number, sign: 1 | -1) => {
    counts[repodataBuckets.indexOf(bucket)]! += sign * records;
    // With a comma behind each, of which each map has one fewer.
    size += sign * (bytes + 1);
  };
  for (const run of known) count(run, run.records, 1);
  for (const members of gone) count(members, 1, -1);
  for (const members of come) count(members, 1, 1);
  createRunExportsWriter(subdir, (chunk) => (size += chunk.byteLength)).end();
  return { subdir, counts, size: size - counts.filter((records) => records > 0).length };
}
