import type { Log } from '../../log.ts';

/** Adds up downloads and writes them once a second: at most one second of them is lost when the process is killed. */
export interface DownloadCounter {
  count(channelId: number): void;
  /** Write what waits. */
  close(): Promise<void>;
}

const everyMs = 1000;

/** A counter that hands its sums to `write`; sums that could not be written are added to the next. */
export function downloadCounter(
  write: (counts: ReadonlyMap<number, number>) => Promise<void>,
  log: Log,
): DownloadCounter {
  let counts = new Map<number, number>();
  const add = (channelId: number, by: number) => counts.set(channelId, (counts.get(channelId) ?? 0) + by);
  const flush = async () => {
    if (counts.size === 0) return;
    const taken = counts;
    counts = new Map();
    try {
      await write(taken);
    } catch (error) {
      for (const [channelId, by] of taken) add(channelId, by);
      log.warn({ error }, 'downloads could not be counted');
    }
  };
  // One after the other, so that the end of the last is the end of all.
  let writing = Promise.resolve();
  const inTurn = () => {
    writing = writing.then(flush);
    return writing;
  };
  const timer = setInterval(inTurn, everyMs);
  timer.unref();
  return {
    count: (channelId) => void add(channelId, 1),
    async close() {
      clearInterval(timer);
      await inTurn();
    },
  };
}
