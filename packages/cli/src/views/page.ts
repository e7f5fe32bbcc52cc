import { count } from './amounts.ts';
import { type Cell, table } from './table.ts';
import type { View } from './view.ts';

/** A part of a list, as the server answers it. */
export interface Page<T> {
  items: T[];
  total_count: number;
  /** Where the part begins. */
  offset?: number;
}

interface PageTable<T> {
  /** What an item is called: `channel`. */
  noun: string;
  heads: readonly string[];
  row: (item: T) => readonly Cell[];
}

/** A table of a page, with a last line when there is more than it shows. */
export function pageView<T>(page: Page<T>, { noun, heads, row }: PageTable<T>, view: View): string {
  const { items, total_count, offset = 0 } = page;
  if (items.length === 0) return total_count === 0 ? `No ${noun}s.` : `No more ${noun}s; there are ${total_count}.`;
  const shown = table(heads, items.map(row), view);
  const end = offset + items.length;
  if (offset === 0 && end >= total_count) return shown;
  const more = end < total_count ? `; go on with --offset ${end}` : '';
  return `${shown}\n${view.paint('dim', `${offset + 1}–${end} of ${count(total_count, noun)}${more}`)}`;
}
