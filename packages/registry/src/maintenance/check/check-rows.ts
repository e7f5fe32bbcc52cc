import { type ChannelNumbers, nextPart, type SourcePartPlace, strayRows, twiceLiveFiles } from '@sluice/catalog';
import { FormatError } from '@sluice/formats/errors';
import type { Check } from './context.ts';
import { note } from './report.ts';

/** Third stage: do the record versions of the next part of a source follow each other? */
export async function checkRecords(
  { deps, report }: Check,
  after: SourcePartPlace = { source_id: 0, subdir: '' },
): Promise<SourcePartPlace | undefined> {
  const part = await nextPart(deps.db, after);
  if (!part) return undefined;
  for (const file of await twiceLiveFiles(deps.db, part)) {
    note(report, {
      code: 'record_twice',
      severity: 'error',
      channel: null,
      subject: `${part.subdir}/${file}`,
      message: `Source ${part.source_id} has two versions of this file at one revision, or one of a revision to come.`,
      remedy: 'The database was changed by hand or restored in part. Restore it whole from a backup.',
    });
  }
  return part;
}

/** Deep: do the rows still say what the head lists? */
export async function checkListedRecords(
  { deps, report }: Check,
  channelId: number,
  { path, head_no: no }: ChannelNumbers,
  subdir: string,
): Promise<void> {
  const tell = (subject: string, message: string) =>
    note(report, {
      code: 'record_lost',
      severity: 'error',
      channel: path,
      subject,
      message,
      remedy: `The database was changed by hand or restored in part. Restore it whole from a backup; or have the channel show what its rows say now: npx sluice channel reindex ${path}.`,
    });
  try {
    for (const [name, count] of await deps.lostRecords({ channelId, no, subdir })) {
      const what = `${count} records that publication ${no} lists`;
      tell(`${subdir}/${name}`, `${what} are in the database no more, or say something else there.`);
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    tell(subdir, `What publication ${no} lists cannot be compared with its records: ${error.message}`);
  }
}

/** Fourth stage: rows that belong to nothing. */
export async function checkStrays({ deps, report }: Check): Promise<undefined> {
  for (const { table, count } of await strayRows(deps.db)) {
    const isHarmless = table === 'record_digest';
    note(report, {
      code: 'stray_rows',
      severity: isHarmless ? 'notice' : 'error',
      channel: null,
      subject: table,
      message: `${count} rows of ${table} belong to ${isHarmless ? 'no record' : 'a revision that their source has not reached'}.`,
      remedy: isHarmless
        ? 'Nothing: they take a little room.'
        : 'The database was changed by hand or restored in part. Restore it whole from a backup.',
    });
  }
  return undefined;
}
