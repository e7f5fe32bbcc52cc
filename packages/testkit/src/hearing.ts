import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { listen, notifyChanged } from '@sluice/catalog';
import type { RunningServer } from '@sluice/server';

/** Tells what a server has heard of what its database announced. */
export interface Hearing {
  /** Wait until it has heard all that was announced before. @throws after 20 s. */
  allHeard(): Promise<void>;
  close(): Promise<void>;
}

const announcements = 'sluice_changed';
const marks = 'test_mark';
const patience_ms = 20_000;

/**
 * Listen beside a server: an announcement reaches it a moment after its commit, and what it remembers is right from then on only.
 *
 * The witness hears what the server hears, in the same order, and beside it marks of ours that the server knows nothing of and forgets nothing
 * for. As many announcements as the witness heard before a mark the server has to hear.
 */
export async function listenBeside(address: string, { db, pool, onChange }: RunningServer['rooms']): Promise<Hearing> {
  const first = `mirror:${randomUUID()}`;
  const came = { announced: Number.NaN, heard: Number.NaN, mark: '' };
  onChange((changed) => {
    if (changed === first) came.heard = 0;
    // Some were missed, and it forgot all it knew.
    else if (changed === undefined) came.heard = Number.POSITIVE_INFINITY;
    else came.heard += 1;
  });
  const witness = await listen(address, [announcements, marks], {
    onNotify(channel, payload) {
      if (channel === marks) came.mark = payload;
      else if (payload === first) came.announced = 0;
      else came.announced += 1;
    },
    onReconnect: () => {},
  });
  await notifyChanged(db, 'mirror', first.slice('mirror:'.length));
  await until('its first announcement', () => came.announced >= 0 && came.heard >= 0);
  return {
    allHeard: async () => {
      const mark = randomUUID();
      await pool.query('select pg_notify($1, $2)', [marks, mark]);
      await until('a mark', () => came.mark === mark);
      const { announced } = came;
      await until(`${announced} announcements`, () => came.heard >= announced);
    },
    close: witness.close,
  };

  async function until(what: string, isSo: () => boolean): Promise<void> {
    const begun = performance.now();
    while (!isSo()) {
      if (performance.now() - begun > patience_ms) {
        throw new Error(`The server has not heard ${what} in ${patience_ms} ms: ${JSON.stringify(came)}`);
      }
      await sleep(2);
    }
  }
}
