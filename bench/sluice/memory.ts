import { type PostgresWatch, peakMemory, watchPostgres } from './process-memory.ts';
import type { SluiceProcess } from './sluice-process.ts';

/** The peaks of memory over several lives of a Sluice, in MB (10⁶). */
export interface MemoryWatch {
  /** A life begins. */
  follow(sluice: Pick<SluiceProcess, 'pid'>): void;
  /** It is about to end; what it held at most is noted. Calling it again does nothing. */
  leave(): void;
  /** Of the lives that were left. */
  peaks(): { rss_mb: number; postgres_rss_mb: number };
}

/** Begin to watch. */
export function watchMemory(): MemoryWatch {
  let life: { pid: number; postgres: PostgresWatch } | undefined;
  const peaks = { rss_mb: 0, postgres_rss_mb: 0 };
  return {
    follow: ({ pid }) => {
      life = { pid, postgres: watchPostgres(pid) };
    },
    leave: () => {
      if (!life) return;
      peaks.rss_mb = Math.max(peaks.rss_mb, peakMemory(life.pid));
      peaks.postgres_rss_mb = Math.max(peaks.postgres_rss_mb, life.postgres.stop());
      life = undefined;
    },
    peaks: () => ({ ...peaks }),
  };
}
