import { InvalidArgumentError, Option } from 'commander';
import type { Page } from './views/page.ts';

/** Which part of a list is wanted. */
export interface PagingInput {
  limit: number;
  offset: number;
}

/** The options of every list. */
export const pagingOptions: readonly Option[] = [
  new Option('--limit <n>', 'the most to show').argParser(positive).default(100),
  new Option('--offset <n>', 'how many to skip').argParser(natural).default(0),
];

/** The server's limit for one answer. */
const mostAtOnce = 1000;

/** Ask for as much of a list as is wanted, in as many requests as it takes. */
export async function gather<T>(
  { limit, offset }: PagingInput,
  ask: (page: PagingInput) => Promise<Page<T>>,
): Promise<Required<Page<T>>> {
  const items: T[] = [];
  for (;;) {
    const wanted = Math.min(mostAtOnce, limit - items.length);
    const page = await ask({ limit: wanted, offset: offset + items.length });
    items.push(...page.items);
    if (page.items.length < wanted || items.length >= limit) return { items, total_count: page.total_count, offset };
  }
}

/** The whole of a list. */
export async function gatherAll<T>(ask: (page: PagingInput) => Promise<Page<T>>): Promise<T[]> {
  return (await gather({ limit: Number.POSITIVE_INFINITY, offset: 0 }, ask)).items;
}

function natural(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Give a whole number.');
  return Number(text);
}

function positive(text: string): number {
  const number = natural(text);
  if (number === 0) throw new InvalidArgumentError('Give a number above 0.');
  return number;
}
