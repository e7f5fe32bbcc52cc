/** Has the memory that jobs leave behind given back while nobody waits for it. */
export interface IdleCollector {
  /**
   * A job begins.
   *
   * @param wantsRoom whether it takes so much that what is still left behind goes first.
   */
  began(wantsRoom: boolean): void;
  /** A job ended, however. */
  ended(): void;
  /** Nothing is given back later on. */
  stop(): void;
}

/**
 * Longer than a publication waits that came too soon after another (`SPACING_MS`), and until that is noticed: what follows a job at
 * once does not meet the collector, nor does who edits rules one after the other.
 */
const rest_ms = 1_500;

/**
 * Collect once no job has run for a while, and, before a job that wants room, whenever that has not come about.
 *
 * @param collect takes some hundred milliseconds of a worker that has worked on a large channel.
 * @param holdsMuch whether it is worth that.
 */
export function idleCollector(collect: () => void, holdsMuch: () => boolean): IdleCollector {
  let running = 0;
  let isCollected = false;
  let timer: NodeJS.Timeout | undefined;

  function giveBack(): void {
    if (!isCollected && holdsMuch()) collect();
    isCollected = true;
  }

  return {
    began(wantsRoom) {
      clearTimeout(timer);
      if (wantsRoom) giveBack();
      running++;
    },
    ended() {
      isCollected = false;
      running--;
      if (running === 0) timer = setTimeout(giveBack, rest_ms).unref();
    },
    stop: () => clearTimeout(timer),
  };
}
