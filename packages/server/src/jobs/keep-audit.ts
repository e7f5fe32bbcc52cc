import { sealEvents } from '@sluice/registry';
import type { Rooms } from '../compose.ts';

const SEAL_MS = 1_000;

/**
 * Chain the events of the audit, once a second, for as long as this worker lives. Every worker tries; one at a time does it.
 *
 * @returns stops it, and waits for what is under way.
 */
export function keepAudit(rooms: Pick<Rooms, 'db' | 'log'>): () => Promise<void> {
  let sealing: Promise<void> | undefined;
  const seal = async () => {
    await sealEvents(rooms).catch((error) => rooms.log.warn({ error }, 'the audit could not be chained'));
  };
  const timer = setInterval(() => {
    sealing ??= seal().finally(() => {
      sealing = undefined;
    });
  }, SEAL_MS);
  return async () => {
    clearInterval(timer);
    await sealing;
    await seal();
  };
}
