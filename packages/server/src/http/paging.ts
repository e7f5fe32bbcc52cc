import { z } from 'zod';

/** The query of a list: which part of it is wanted. */
export const Paging = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('The most items to answer.'),
  offset: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0).describe('How many items to skip.'),
});

/** A part of a list, and how long the whole is. */
export function pageOf<I extends z.ZodType>(item: I) {
  return z.object({ items: z.array(item), total_count: z.int().min(0) });
}
