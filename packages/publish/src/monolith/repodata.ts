import { createRepodataWriter, type RepodataFrame, type RepodataWriter } from '@sluice/formats/conda';
import type { SubdirContent } from './subdir-content.ts';

/** What v3 records say of themselves in sum. Times in ms; undefined when no record says when it was first listed. */
export interface Revision {
  oldest: number | undefined;
  newest: number | undefined;
}

/** The frame of a subdir's repodata.json. @see CEP 48 for `repodata_revisions` */
export function repodataFrame({ subdir, counts }: SubdirContent, { oldest, newest }: Revision): RepodataFrame {
  const packages = v3Count(counts);
  if (packages === 0) return { info: { subdir }, removed: [] };
  const v3 = {
    n_packages: packages,
    ...(newest === undefined ? {} : { newest }),
    ...(oldest === undefined ? {} : { oldest }),
  };
  return { info: { repodata_revisions: { v3 }, subdir }, removed: [] };
}

/** How many records stand in maps that old clients do not read. */
export function v3Count(counts: readonly number[]): number {
  return counts[2]! + counts[3]!;
}

/** The size in bytes of the document, known before the first record is read. */
export function repodataSize({ counts, memberBytes }: SubdirContent, frame: RepodataFrame): number {
  const commas = counts.filter((count) => count > 0).length;
  return frameSize(frame, v3Count(counts) > 0) + memberBytes - commas;
}

function frameSize(frame: RepodataFrame, withV3: boolean): number {
  if (!withV3) return written(frame, () => {});
  // The v3 maps are there when something is in them: the least that can be, `"":`, and it is taken off again.
  return written(frame, (writer) => writer.entry('v3.conda', '.conda', '')) - '"":'.length;
}

function written(frame: RepodataFrame, fill: (writer: RepodataWriter) => void): number {
  let bytes = 0;
  const writer = createRepodataWriter(frame, (chunk) => {
    bytes += chunk.byteLength;
  });
  fill(writer);
  writer.end();
  return bytes;
}
