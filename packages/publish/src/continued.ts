import { findOlderRecords, type Part, type RecordVersion } from '@sluice/catalog';
import type { PublishDeps } from './deps.ts';

/** Versions of one upload that are looked through: it was yanked and taken back so often. */
const mostVersions = 1000;

/**
 * Whether a version of an upload that has ended went on as another one, up to one that is live: its description was changed
 * (yanked), and the file never went away. Then the one ends at the very revision at which the other begins.
 *
 * @param newest the newest version of the same file.
 */
export async function isContinued(
  { db }: Pick<PublishDeps, 'db'>,
  part: Part,
  version: RecordVersion,
  newest: RecordVersion,
): Promise<boolean> {
  if (newest.to_rev !== null || version.from_rev === newest.from_rev) return version.to_rev === null;
  const versions = [newest, ...(await findOlderRecords(db, part, newest.file, newest.from_rev, mostVersions))];
  let at: RecordVersion | undefined = version;
  while (at && at.to_rev !== null) {
    const end: number = at.to_rev;
    at = versions.find(({ from_rev }) => from_rev === end);
  }
  return at !== undefined;
}
