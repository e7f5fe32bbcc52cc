/** Notes when tokens were used and writes that down now and then, many at once. */
export interface LastUsed {
  note(tokenId: string, at: Date): void;
  /** Write what is waiting. A failed write is kept for the next time. */
  flush(): Promise<void>;
  /** Stop the timer and write what is waiting. */
  close(): Promise<void>;
}

/**
 * @param write stores one time per token id.
 * @param every_ms how often; a token in use costs one row update per interval.
 * @param onError gets the error of a write that failed.
 */
export function createLastUsed(
  write: (uses: ReadonlyMap<string, Date>) => Promise<void>,
  onError: (error: unknown) => void,
  every_ms = 30_000,
): LastUsed {
  let waiting = new Map<string, Date>();
  const flush = async () => {
    if (waiting.size === 0) return;
    const batch = waiting;
    waiting = new Map();
    try {
      await write(batch);
    } catch (error) {
      waiting = new Map([...batch, ...waiting]);
      onError(error);
    }
  };
  const timer = setInterval(() => void flush(), every_ms).unref();
  return {
    note: (tokenId, at) => void waiting.set(tokenId, at),
    flush,
    close: async () => {
      clearInterval(timer);
      await flush();
    },
  };
}
