import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { inspectCran } from '@sluice/archives';
import type { Part, PartOrigin } from '@sluice/catalog';
import { packagesParagraph, writeDcf } from '@sluice/formats/cran';
import type { AdmitDeps, Guard } from './deps.ts';
import type { ListedRecord } from './name.ts';
import { type PartRefresh, refreshPart } from './refresh-part.ts';

/** What an upstream lists in one tree of R packages. */
export interface ListedRTree {
  /** Each file once. */
  records: readonly ListedRecord[];
  /** What is listed and is no package file. */
  refused: readonly { file: string; reason: string }[];
}

/** What an upstream's indexes say of a tree of R packages becomes the new state of that part of its source. {@link refreshPart}'s errors. */
export function admitRTree(
  deps: AdmitDeps,
  input: ListedRTree & { part: Part; origin: PartOrigin; guard?: Guard | undefined },
): Promise<PartRefresh> {
  const { part, records, refused, origin, guard } = input;
  return refreshPart(deps, {
    sourceId: part.source_id,
    subdir: part.subdir,
    rest: 'gone',
    expected: records.length,
    origin: () => origin,
    guard,
    async feed(to) {
      for (const { file, reason } of refused) to.refuse(file, reason);
      for (const [i, { file, body, extra }] of records.entries()) {
        to.take(file, body, { extra });
        if (i % 1000 === 999) await to.drained();
      }
    },
  });
}

/**
 * The paragraph that an index would have of an R package file that lies in a folder.
 *
 * @throws {ArchiveError | FormatError} why it is none.
 */
export async function describeRFile(
  { limits = {} }: Pick<AdmitDeps, 'limits'>,
  path: string,
  file: string,
): Promise<string> {
  const { description, hasSources } = await inspectCran(path, file, { limits });
  const md5 = createHash('md5');
  for await (const chunk of createReadStream(path)) md5.update(chunk as Uint8Array);
  return writeDcf(packagesParagraph(description, { md5: md5.digest('hex'), hasSources }));
}
