import { findCompanion } from '@sluice/catalog';
import type { Rooms } from '../../../compose.ts';
import type { CompanionDeps } from './companion-answer.ts';

/** See {@link CompanionDeps}. */
export function findBeside({ db, fetcher }: Pick<Rooms, 'db' | 'fetcher'>): CompanionDeps['companion'] {
  return async ({ part, record, expected }, kind) => {
    const place = { ...part, file: record.file, from_rev: record.from_rev, kind };
    const stored = await findCompanion(db, place);
    if (stored || kind !== 'metadata' || !record.file.endsWith('.whl')) return stored;
    // Out of the wheel itself, which is read when it comes in.
    const fetched = await fetcher.fetch({ part, file: record.file, from_rev: record.from_rev, expected });
    if (fetched.kind === 'inflight') await fetched.done;
    return findCompanion(db, place);
  };
}
