import pg from 'pg';
import { vi } from 'vitest';

/**
 * The texts of all queries that this process makes while `work` runs, but for those that go by the clock: the job queue's own,
 * the beat of the workers, schedules, and what is summed up and written later (downloads, the use of tokens). Other work of this process
 * may still fall into it.
 */
export async function queriesDuring(work: () => Promise<unknown>): Promise<string[]> {
  const texts: string[] = [];
  // Where they go to the socket: with parameters and without.
  const { parse, query } = pg.Connection.prototype as unknown as Sends;
  const spies = [
    vi.spyOn(pg.Connection.prototype as unknown as Sends, 'parse').mockImplementation(function (this: Sends, message) {
      texts.push(message.text);
      return parse.call(this, message);
    }),
    vi.spyOn(pg.Connection.prototype as unknown as Sends, 'query').mockImplementation(function (this: Sends, text) {
      texts.push(text);
      return query.call(this, text);
    }),
  ];
  try {
    await work();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return texts.filter((text) => !/graphile_worker|\bworker\b|next_run_at|download_count|last_used_at/.test(text));
}

interface Sends {
  parse(message: { text: string }): unknown;
  query(text: string): unknown;
}
