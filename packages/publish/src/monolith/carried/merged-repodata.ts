import { createRepodataWriter } from '@sluice/formats/conda';
import { memberBytes } from '../document-runs.ts';
import type { MonolithDeps } from '../monolith-deps.ts';
import { repodataFrame, repodataSize } from '../repodata.ts';
import type { SubdirContent } from '../subdir-content.ts';
import { type DocumentWithRuns, type EarlierDocument, mergedDocument } from './merged-document.ts';
import { movedMembers } from './moved-members.ts';
import type { MovedRecords } from './moved-records.ts';

/**
 * Write repodata.json out of an earlier one.
 *
 * @throws {PublishError} `monolith_drift` when it does not come out as the publication says.
 */
export function mergedRepodata(
  deps: Pick<MonolithDeps, 'storage'>,
  content: SubdirContent,
  earlier: EarlierDocument,
  { dropped, fresh }: MovedRecords,
): Promise<DocumentWithRuns> {
  const { subdir, counts } = content;
  const frame = repodataFrame(content, { oldest: undefined, newest: undefined });
  const come = fresh.map(({ bucket, fn, body }) => ({ bucket, fn, text: body }));
  return mergedDocument(deps, earlier, movedMembers(dropped.keys(), come), {
    ...{ subdir, counts, size: repodataSize(content, frame) },
    begin(emit) {
      const { entry, ...writer } = createRepodataWriter(frame, emit);
      return {
        ...writer,
        entry(bucket, fn, text) {
          entry(bucket, fn, text);
          return memberBytes(fn.length, text.byteLength);
        },
      };
    },
  });
}
