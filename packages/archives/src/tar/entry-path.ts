import { ArchiveError } from '../errors.ts';

/** File systems take no longer paths (PATH_MAX of Linux). */
const MAX_PATH_CHARACTERS = 4096;

/**
 * The parts of a path that stays below the root: `./a//b/` is `['a', 'b']`; the root itself is `[]`.
 *
 * A backslash counts as a separator too where it could lead outside, because Windows takes it for one; in a name that stays inside
 * it is kept (systemd's unit names have them).
 *
 * @throws {ArchiveError} `path_invalid` (empty, NUL, too long), `path_absolute`, `path_parent`.
 */
export function entryPathParts(path: string): string[] {
  if (path === '' || path.includes('\0') || path.length > MAX_PATH_CHARACTERS) {
    throw new ArchiveError(
      'path_invalid',
      `"${path.slice(0, 200)}" is no usable path: it is empty, too long or has a NUL in it.`,
      {
        entry: path,
        wanted: `1 to ${MAX_PATH_CHARACTERS} characters without NUL`,
        found: `${path.length} characters`,
      },
    );
  }
  if (/^[/\\]|^[A-Za-z]:/.test(path)) {
    throw new ArchiveError(
      'path_absolute',
      `"${path.slice(0, 200)}" is an absolute path: a package unpacks below its own folder only.`,
      {
        entry: path,
        wanted: 'a relative path',
        found: 'an absolute path',
      },
    );
  }
  if (path.includes('..') && path.split(/[/\\]/).includes('..')) {
    throw new ArchiveError(
      'path_parent',
      `"${path.slice(0, 200)}" leads up with "..": a package unpacks below its own folder only.`,
      {
        entry: path,
        wanted: 'a path without ".."',
        found: '".."',
      },
    );
  }
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

/**
 * As {@link entryPathParts}, with so many folders at most.
 *
 * @throws {ArchiveError} also `too_deep`.
 */
export function boundedPathParts(path: string, depth: number): string[] {
  const parts = entryPathParts(path);
  if (parts.length <= depth) return parts;
  throw new ArchiveError('too_deep', `"${path.slice(0, 200)}" lies in more than ${depth} folders.`, {
    entry: path,
    wanted: `at most ${depth} folders`,
    found: parts.length,
  });
}
