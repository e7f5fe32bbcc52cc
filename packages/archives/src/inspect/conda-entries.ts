import { ArchiveError } from '../errors.ts';
import type { Budget } from '../limits.ts';
import type { ContentSink } from '../tar/content-sink.ts';
import { boundedPathParts } from '../tar/entry-path.ts';
import { guardLinks } from '../tar/guard-links.ts';
import type { SymlinkGuard } from '../tar/symlink-guard.ts';
import type { TarEntry } from '../tar/tar-entry.ts';
import type { EntryVisitor } from '../tar/tar-parser.ts';
import type { InfoFiles } from './info-files.ts';

/** Which tar of a package is read: that of `.tar.bz2` holds all, `.conda` has one for `info/` and one for the rest. */
export type CondaPart = 'whole' | 'info' | 'payload';

/** What the tars of one package share: they are unpacked into one folder. */
export type CondaWalk = {
  readonly budget: Budget;
  readonly links: SymlinkGuard;
  readonly info: InfoFiles;
  /** An entry by the name of `info/index.json` was met. */
  indexSeen: boolean;
  /** An entry outside `info/` was met. */
  payloadSeen: boolean;
};

/**
 * Judge every entry of one tar of a conda package, and gather what is wanted of `info/`.
 *
 * Refuses: `path_absolute`, `path_parent`, `path_invalid`, `too_deep`, `path_reserved`, `path_duplicate_index`, `path_duplicate`,
 * `link_escape`, `too_many_entries`, `too_large`.
 *
 * @see CEP 34, CEP 35; what conda itself writes into an environment (`conda-meta/`, `info/repodata_record.json`) must not be shipped
 */
export function createCondaVisitor(walk: CondaWalk, part: CondaPart): EntryVisitor {
  const { budget, links, info } = walk;

  return (entry) => {
    budget.entry(entry.path, entry.size);
    const parts = boundedPathParts(entry.path, budget.limits.depth);
    // As Windows and macOS see it, where "Info/Index.json" overwrites "info/index.json".
    const folded = parts.map((name) => name.toLowerCase());
    refuseReserved(entry, folded, part);
    guardLinks(links, entry, parts);
    if (folded[0] !== 'info') walk.payloadSeen ||= parts.length > 0;
    return inInfo(entry, parts.join('/'), folded.join('/'));
  };

  function inInfo(entry: TarEntry, path: string, folded: string): ContentSink | undefined {
    if (folded === 'info/index.json') {
      if (walk.indexSeen) {
        throw new ArchiveError(
          'path_duplicate_index',
          'info/index.json is in the package twice, so clients may read either. Build it again.',
          {
            entry: entry.path,
            wanted: 'one info/index.json',
            found: 'two',
          },
        );
      }
      walk.indexSeen = true;
    }
    return info.sinkFor(path, entry);
  }
}

function refuseReserved(entry: TarEntry, folded: readonly string[], part: CondaPart): void {
  const path = folded.join('/');
  let why: string | undefined;
  if (folded[0] === 'conda-meta')
    why = "conda keeps its own records in conda-meta/, and would take the package's for them";
  else if (path === 'info/repodata_record.json') why = 'conda writes this file itself, from the index of the channel';
  else if (path === 'info' && entry.kind !== 'directory') why = 'info must be a folder';
  else if (path === '' && entry.kind !== 'directory') why = 'the package itself must be a folder';
  if (part === 'payload' && path === 'info/index.json') {
    throw new ArchiveError(
      'path_duplicate_index',
      'The payload brings an info/index.json of its own, which would replace the real one.',
      {
        entry: entry.path,
        wanted: 'info/index.json in the info archive only',
        found: 'another in the pkg archive',
      },
    );
  }
  if (part === 'payload' && folded[0] === 'info') why = "the payload must not touch the package's metadata";
  if (why === undefined) return;
  throw new ArchiveError(
    'path_reserved',
    `The package must not bring "${entry.path.slice(0, 200)}": ${why}. Leave it out.`,
    {
      entry: entry.path,
      wanted: 'other paths',
      found: path,
    },
  );
}

/** A hard link names another entry by its path from the root. */
