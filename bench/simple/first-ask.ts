import type { Figures } from '../bench.ts';
import { median, timed } from '../measure.ts';
import { pagePath } from './hosted.ts';
import { pipHeaders } from './pip.ts';

/** Projects of the upstream that nobody asked for yet. */
export interface ColdNames {
  readonly large: readonly string[];
  readonly small: readonly string[];
  /** Asked for all at once. */
  readonly many: readonly string[];
}

/** Who is asked, and what the upstream has: names with their number of files. */
export interface FirstAsks {
  readonly sluice: string;
  readonly channel: string;
  readonly cold: ColdNames;
  readonly files: ReadonlyMap<string, number>;
  readonly connections: number;
  /** The number of the channel's newest publication. */
  headNo(): Promise<number>;
  log(line: string): void;
}

/** Ask a lazy mirror for names that it never heard of; each answer must have all files. */
export async function timeFirstAsks(asks: FirstAsks): Promise<Figures> {
  const { cold, log } = asks;
  const one = async (name: string) => (await timed(() => askPage(asks, name))).seconds * 1000;
  const inTurn = async (names: readonly string[]) => {
    const times: number[] = [];
    for (const name of names) times.push(await one(name));
    return times;
  };
  // The first of each kind finds no code that has run before.
  const [[firstSmall, ...small], [firstLarge, ...large]] = [await inTurn(cold.small), await inTurn(cold.large)];
  log(`first asks, ms: small ${small.map(Math.round)}, large ${large.map(Math.round)}`);
  const before = await asks.headNo();
  const waiting = [...cold.many];
  const work = async () => {
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) await askPage(asks, name);
  };
  const many = await timed(() => Promise.all(Array.from({ length: asks.connections }, work)));
  return {
    first_ask_ms: median(large),
    first_ask_max_ms: Math.max(...large),
    first_ask_small_ms: median(small),
    first_ask_after_start_ms: firstSmall!,
    first_large_ask_after_start_ms: firstLarge!,
    first_ask_many_s: many.seconds,
    first_ask_many_publications: (await asks.headNo()) - before,
  };
}

async function askPage({ sluice, channel, files }: FirstAsks, name: string): Promise<void> {
  const url = sluice + pagePath(channel, name);
  const answer = await fetch(url, { headers: pipHeaders() });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`GET ${url} answered ${answer.status}: ${text.slice(0, 500)}`);
  const count = text.split('"filename":').length - 1;
  if (count !== files.get(name)) throw new Error(`${url} has ${count} files of ${files.get(name)}.`);
}
