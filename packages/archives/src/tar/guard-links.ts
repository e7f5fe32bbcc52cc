import { ArchiveError } from '../errors.ts';
import { entryPathParts } from './entry-path.ts';
import type { SymlinkGuard } from './symlink-guard.ts';
import type { TarEntry } from './tar-entry.ts';

/**
 * An entry at `parts` unpacks through no link and, where it is one, links to nothing outside.
 *
 * @throws {ArchiveError} `link_escape`, `too_large`.
 */
export function guardLinks(links: SymlinkGuard, entry: TarEntry, parts: readonly string[]): void {
  links.refuseThrough(parts);
  if (entry.kind === 'symlink') links.add(parts, entry.target ?? '');
  if (entry.kind === 'hardlink') links.refuseThrough(hardlinkTarget(entry));
}

function hardlinkTarget(entry: TarEntry): string[] {
  try {
    return entryPathParts(entry.target ?? '');
  } catch (cause) {
    throw new ArchiveError('link_escape', `"${entry.path.slice(0, 200)}" is a link that leaves the package.`, {
      entry: entry.path,
      wanted: 'a link to another entry',
      found: (entry.target ?? '').slice(0, 200),
      cause,
    });
  }
}
