import type { Privacy } from './tables.ts';

const readers: Record<Privacy, number> = { private: 0, authenticated: 1, public: 2 };

/** Whether fewer people may read what has the one privacy than what has the other. */
export function isLessPublic(one: Privacy, other: Privacy): boolean {
  return readers[one] < readers[other];
}
