import { endGraces, scheduleBundles, scheduleMirrors, sweepRuns, watchFolder } from '@sluice/mirror';
import type { Rooms } from '../compose.ts';

const SWEEP_MS = 5_000;

/**
 * Look after mirrors for as long as this worker lives: pick up runs whose worker is gone, begin those whose time has
 * come. Every worker does it; twice does no harm.
 *
 * @returns stops it, and waits for the look under way.
 */
export function keepMirrors(rooms: Rooms): () => Promise<void> {
  let looking: Promise<void> | undefined;
  const look = async () => {
    try {
      const swept = await sweepRuns(rooms.mirroring);
      const mirrors = await scheduleMirrors(rooms.mirroring);
      const over = await endGraces(rooms.mirroring);
      const begun = mirrors + (await scheduleBundles(rooms.bundling));
      // Last, since a folder may fail that has nothing to do with the rest.
      const dropped = await watchFolder(rooms.bundling);
      const found = over + dropped > 0 || Object.values(swept).some((count) => count > 0) || begun > 0;
      if (found) rooms.log.info({ ...swept, begun, over, dropped }, 'mirror runs picked up');
    } catch (error) {
      rooms.log.warn({ error }, 'the mirrors could not be looked after');
    }
  };
  // A look that takes longer than that, as while the database is away, is not followed by those it has missed.
  const timer = setInterval(() => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
  }, SWEEP_MS);
  return async () => {
    clearInterval(timer);
    await looking;
  };
}
