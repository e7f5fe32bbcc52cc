import type { RExtension } from './file-name.ts';

/** One tree of a repository: a folder with an index and files of one kind. */
export interface CranTree {
  readonly kind: 'source' | 'windows' | 'macos' | 'linux';
  /** Below the repository's address: `src/contrib`, `bin/windows/contrib/4.5`, `__linux__/jammy/4.5`. */
  readonly path: string;
  /** How its files end. */
  readonly extension: RExtension;
  /** For which R its files are built, `4.5`; undefined for sources. */
  readonly minor: string | undefined;
}

const shapes: readonly [RegExp, CranTree['kind'], RExtension][] = [
  [/^src\/contrib$/, 'source', 'tar.gz'],
  [/^bin\/windows\/contrib\/(\d{1,2}\.\d{1,2})$/, 'windows', 'zip'],
  [/^bin\/macosx\/(?:[a-z][a-z0-9._-]{0,40}\/)?contrib\/(\d{1,2}\.\d{1,2})$/, 'macos', 'tgz'],
  [/^__linux__\/[a-z0-9][a-z0-9._-]{0,40}\/(\d{1,2}\.\d{1,2})$/, 'linux', 'tar.gz'],
];

/**
 * The tree a path names; undefined when it names none that R's installers ask for. Linux binaries have a tree for every
 * distribution and series of R.
 *
 * @see R Installation and Administration, "Setting up a package repository"; R's `utils::contrib.url`
 */
export function parseCranTree(path: string): CranTree | undefined {
  for (const [shape, kind, extension] of shapes) {
    const match = shape.exec(path);
    if (match !== null) return { kind, path, extension, minor: match[1] };
  }
  return undefined;
}
