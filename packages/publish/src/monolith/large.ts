import type { MonolithDeps } from './monolith-deps.ts';
import type { SubdirContent } from './subdir-content.ts';

const usualLimit = 50_000;

/**
 * Whether a subdir is large: then it has no current_repodata.json, since choosing needs all records in memory, and only
 * conda's classic solver asks for it, which goes on with repodata.json; and its documents are carried over from the last ones
 * where little changed.
 */
export function isLarge(
  { largeAbove = usualLimit }: Pick<MonolithDeps, 'largeAbove'>,
  { counts }: Pick<SubdirContent, 'counts'>,
): boolean {
  return counts.reduce((sum, count) => sum + count, 0) > largeAbove;
}
