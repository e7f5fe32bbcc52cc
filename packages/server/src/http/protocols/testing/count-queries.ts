import pg from 'pg';
import { vi } from 'vitest';

/**
 * The texts of all queries that this process makes while `work` runs, but for those that go by the clock: the job queue's own,
 * the beat of the workers, schedules, and what is summed up and written later (downloads, the use of tokens).
 */
export async function queriesDuring(work: () => Promise<unknown>): Promise<string[]> {
  const texts: string[] = [];
  const spy = vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (this: pg.Client, ...args: unknown[]) {
    const [query] = args;
    texts.push(typeof query === 'string' ? query : String((query as { text?: string }).text));
    return Reflect.apply(original, this, args);
  } as typeof pg.Client.prototype.query);
  try {
    await work();
  } finally {
    spy.mockRestore();
  }
  return texts.filter((text) => !/graphile_worker|\bworker\b|next_run_at|download_count|last_used_at/.test(text));
}

const original = pg.Client.prototype.query;
