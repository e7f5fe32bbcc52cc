import { createCompanions } from '@sluice/mirror';
import type { Rooms } from '../../../compose.ts';
import type { CompanionDeps } from './companion-answer.ts';

/** See {@link CompanionDeps}. */
export function findBeside({ mirroring, fetcher }: Pick<Rooms, 'mirroring' | 'fetcher'>): CompanionDeps['companion'] {
  const companions = createCompanions(mirroring, fetcher);
  return ({ part, record, expected, blob }, kind) => companions.find({ part, ...record, expected, blob }, kind);
}
