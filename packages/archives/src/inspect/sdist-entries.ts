import { ArchiveError } from '../errors.ts';
import { type Budget, tooLarge } from '../limits.ts';
import { gatherContent } from '../tar/content-sink.ts';
import { boundedPathParts } from '../tar/entry-path.ts';
import { guardLinks } from '../tar/guard-links.ts';
import { createSymlinkGuard, type SymlinkGuard } from '../tar/symlink-guard.ts';
import type { TarEntry } from '../tar/tar-entry.ts';
import type { EntryVisitor } from '../tar/tar-parser.ts';
import { METADATA_BYTES } from './python-metadata.ts';

/** What was found of a source distribution so far. */
export type SdistWalk = {
  readonly budget: Budget;
  readonly links: SymlinkGuard;
  /** The one folder at the top. */
  folder: string | undefined;
  metadata: Buffer | undefined;
  metadataSeen: boolean;
  hasPyproject: boolean;
};

/** Nothing found yet. */
export function gatherSdist(budget: Budget): SdistWalk {
  const links = createSymlinkGuard();
  return { budget, links, folder: undefined, metadata: undefined, metadataSeen: false, hasPyproject: false };
}

/** Judge every entry of a tar, and keep the metadata. @throws {ArchiveError} as {@link sdistPath}; `too_large`. */
export function createSdistVisitor(walk: SdistWalk): EntryVisitor {
  return (entry) => {
    if (sdistPath(walk, entry) !== 'metadata') return undefined;
    if (entry.size > METADATA_BYTES)
      throw tooLarge(`"${entry.path}"`, METADATA_BYTES, `${entry.size} bytes`, entry.path);
    return gatherContent(entry.size, (content) => {
      walk.metadata = content;
    });
  };
}

/**
 * Judge one entry: it lies in the one folder and stays there.
 *
 * @throws {ArchiveError} `path_absolute`, `path_parent`, `path_invalid`, `path_duplicate` (of the metadata), `too_deep`,
 * `package_folder`, `link_escape`, and those of the budget.
 */
export function sdistPath(walk: SdistWalk, entry: TarEntry): 'metadata' | 'other' {
  const { budget, links } = walk;
  budget.entry(entry.path, entry.size);
  const parts = boundedPathParts(entry.path, budget.limits.depth);
  const [top, name, ...more] = parts;
  if (top === undefined) return 'other';
  walk.folder ??= top;
  if (top !== walk.folder || (name === undefined && entry.kind !== 'directory')) {
    throw new ArchiveError(
      'package_folder',
      'A source distribution holds one folder and everything in that. Build it again.',
      { entry: entry.path, wanted: `all below ${walk.folder.slice(0, 100)}/`, found: entry.path.slice(0, 200) },
    );
  }
  guardLinks(links, entry, parts);
  if (name === undefined || more.length > 0) return 'other';
  if (name === 'pyproject.toml') walk.hasPyproject = true;
  // Upper and lower case count as the same: of two, macOS and Windows would keep the last.
  if (name.toLowerCase() !== 'pkg-info') return 'other';
  if (walk.metadataSeen) {
    throw new ArchiveError(
      'path_duplicate',
      'PKG-INFO is in the package twice, so clients may read either. Build it again.',
      {
        entry: entry.path,
        wanted: 'one',
        found: 'two',
      },
    );
  }
  walk.metadataSeen = true;
  return name === 'PKG-INFO' && entry.kind === 'file' ? 'metadata' : 'other';
}
