import { offerTestPostgres } from './test-postgres.ts';

/** Vitest's globalSetup: offers the run its PostgreSQL and stops it at the end. */
export default function setup(): Promise<() => Promise<void>> {
  return offerTestPostgres();
}
