/** Lets many wait for news of the same things while one asks for all of them. */
export interface Followers<T> {
  /**
   * Be told what becomes of a thing: about twice a second, undefined when it is gone.
   *
   * @returns ends it; undefined when too many follow already.
   */
  follow(id: string, tell: (now: T | undefined) => void): (() => void) | undefined;
  /** Called when the process stops: `end` of all who follow is called. */
  close(): void;
  /** Do this when the process stops. */
  onClose(end: () => void): () => void;
}

interface FollowersOptions<T> {
  /** Asks for all that are followed at once; what is gone is left out. */
  read: (ids: readonly string[]) => Promise<readonly (T & { id: string })[]>;
  everyMs?: number;
  most?: number;
}

/** One reader for all who follow. It asks only while somebody does, and skips what fails. */
export function createFollowers<T>({ read, everyMs = 500, most = 500 }: FollowersOptions<T>): Followers<T> {
  const followers = new Map<string, Set<(now: T | undefined) => void>>();
  const endings = new Set<() => void>();
  let count = 0;
  let timer: NodeJS.Timeout | undefined;

  async function look(): Promise<void> {
    const ids = [...followers.keys()];
    const found = new Map((await read(ids)).map((one) => [one.id, one]));
    for (const id of ids) for (const tell of followers.get(id) ?? []) tell(found.get(id));
  }

  function next(): void {
    timer = setTimeout(() => {
      // The database may be away for a moment.
      look()
        .catch(() => {})
        .finally(() => {
          timer = undefined;
          if (count > 0) next();
        });
    }, everyMs);
  }

  return {
    follow(id, tell) {
      if (count >= most) return undefined;
      count++;
      followers.set(id, (followers.get(id) ?? new Set()).add(tell));
      if (timer === undefined) next();
      return () => {
        const own = followers.get(id);
        if (!own?.delete(tell)) return;
        count--;
        if (own.size === 0) followers.delete(id);
      };
    },
    onClose(end) {
      endings.add(end);
      return () => void endings.delete(end);
    },
    close() {
      for (const end of endings) end();
      clearTimeout(timer);
    },
  };
}
