import { ArchiveError } from '../errors.ts';
import { type Budget, tooLarge } from '../limits.ts';
import { type ContentSink, gatherContent } from '../tar/content-sink.ts';
import { entryPathParts } from '../tar/entry-path.ts';
import { createSymlinkGuard } from '../tar/symlink-guard.ts';
import type { TarEntry } from '../tar/tar-entry.ts';
import type { EntryVisitor } from '../tar/tar-parser.ts';

/** Sees every entry of an R package in turn. */
export interface CranWalk {
  readonly visit: EntryVisitor;
  /** All entries were seen. @throws {ArchiveError} `metadata_missing`, `link_escape`. */
  end(): { description: Uint8Array; hasSources: boolean };
}

/**
 * Judge every entry of the package `name`: all lie in the one folder of that name, none leads out of it, and there is one
 * DESCRIPTION.
 *
 * Refuses: `path_absolute`, `path_parent`, `path_invalid`, `too_deep`, `package_folder`, `path_duplicate`, `path_reserved`,
 * `link_escape`, `too_many_entries`, `too_large`.
 */
export function createCranWalk(name: string, budget: Budget): CranWalk {
  const links = createSymlinkGuard();
  const wanted = `${name}/DESCRIPTION`;
  let description: Uint8Array | undefined;
  let described = false;
  let hasSources = false;

  function visit(entry: TarEntry): ContentSink | undefined {
    budget.entry(entry.path, entry.size);
    const parts = entryPathParts(entry.path);
    if (parts.length > budget.limits.depth) {
      throw new ArchiveError('too_deep', `"${entry.path.slice(0, 200)}" lies in too many folders.`, {
        entry: entry.path,
        wanted: `at most ${budget.limits.depth}`,
        found: parts.length,
      });
    }
    if (parts.length === 0) return undefined;
    if (parts[0] !== name || (parts.length === 1 && entry.kind !== 'directory')) throw outsideRoot(name, entry);
    links.refuseThrough(parts);
    if (entry.kind === 'symlink') links.add(parts, entry.target ?? '');
    if (entry.kind === 'hardlink') links.refuseThrough(entryPathParts(entry.target ?? ''));
    if (parts[1] === 'src' && parts.length > 2) hasSources = true;
    return isDescription(parts) ? gatherDescription(entry, parts) : undefined;
  }

  function isDescription(parts: readonly string[]): boolean {
    // As Windows and macOS see it, where "description" overwrites "DESCRIPTION".
    return parts.length === 2 && parts[1]!.toUpperCase() === 'DESCRIPTION';
  }

  function gatherDescription(entry: TarEntry, parts: readonly string[]): ContentSink {
    if (described) {
      throw new ArchiveError(
        'path_duplicate',
        `${wanted} is there twice, so clients may read either. Build it again.`,
        {
          entry: entry.path,
          wanted: 'one',
          found: 'two',
        },
      );
    }
    if (entry.kind !== 'file' || parts.join('/') !== wanted) {
      throw new ArchiveError(
        'path_reserved',
        `"${entry.path.slice(0, 200)}" stands where DESCRIPTION must be a file.`,
        {
          entry: entry.path,
          wanted,
          found: entry.kind,
        },
      );
    }
    if (entry.size > budget.limits.infoBytes) {
      throw tooLarge(`"${wanted}"`, budget.limits.infoBytes, `${entry.size} bytes`, wanted);
    }
    described = true;
    return gatherContent(entry.size, (content) => {
      description = content;
    });
  }

  return {
    visit,
    end() {
      links.end();
      if (description !== undefined) return { description, hasSources };
      throw new ArchiveError('metadata_missing', `The package has no file ${wanted}. Build it with R CMD build.`, {
        entry: wanted,
        wanted,
        found: described ? 'an empty file' : 'nothing',
      });
    },
  };
}

function outsideRoot(name: string, entry: TarEntry): ArchiveError {
  return new ArchiveError(
    'package_folder',
    `"${entry.path.slice(0, 200)}" lies beside the package's folder ${name}/. Build it with R CMD build.`,
    { entry: entry.path, wanted: `all files in ${name}/`, found: entry.path.slice(0, 200) },
  );
}
