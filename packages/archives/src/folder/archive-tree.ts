import { ArchiveError } from '../errors.ts';
import type { RandomAccess } from '../random-access.ts';
import { entryPathParts } from '../tar/entry-path.ts';

/** One file of an archive that is read as a folder. `size` in bytes, unpacked; `version` differs where its place or content does. */
export interface ArchiveFile {
  readonly size: number;
  readonly version: string;
  /** Its bytes, verified as far as the archive can tell. Pieces may be lent: each is done with when the next is asked for. */
  read(access: RandomAccess): AsyncIterable<Uint8Array>;
  /** Where its bytes lie as they are, for reading from any place; absent where they are compressed. */
  readonly start?: number;
}

/** A name in a folder. */
export interface ArchiveEntry {
  readonly name: string;
  readonly kind: 'file' | 'folder';
}

/** The files of an archive by their paths, `/` between the parts and none at either end; the root is `''`. */
export interface ArchiveTree {
  file(path: string): ArchiveFile | undefined;
  /** What lies in a folder; undefined when there is no such folder. */
  list(path: string): ArchiveEntry[] | undefined;
}

/** Gathers what a reader of archives finds. */
export interface TreeBuilder {
  /** @throws {ArchiveError} `path_absolute`, `path_parent`, `path_invalid`, `path_duplicate`, `too_many_entries`. */
  add(path: string, file: ArchiveFile): void;
  /** The same file under a second path, as links of a tar have it. Where its target is not there, nothing is added. */
  link(path: string, target: string): void;
  build(): ArchiveTree;
}

/** Of a repository with all its platforms there are fewer; each costs some 300 bytes of memory. */
const mostEntries = 1_000_000;

/** Top folders that belong to the layout of a repository: what lies below them is not the tree itself. */
const partsOfLayout = /^(src|bin|__linux__|noarch|(linux|osx|win|emscripten|wasi|freebsd|zos)-[a-z0-9]+)$/;

/** Begin a tree. */
export function treeBuilder(): TreeBuilder {
  const folders = new Map<string, Map<string, ArchiveFile | null>>([['', new Map()]]);
  const links: [path: string, target: string][] = [];
  let entries = 0;

  function folderAt(parts: readonly string[]): Map<string, ArchiveFile | null> {
    const path = parts.join('/');
    const known = folders.get(path);
    if (known) return known;
    const fresh = new Map<string, ArchiveFile | null>();
    folders.set(path, fresh);
    const above = folderAt(parts.slice(0, -1));
    if (above.get(parts.at(-1)!)) throw twice(path);
    above.set(parts.at(-1)!, null);
    return fresh;
  }

  function find(path: string): ArchiveFile | null | undefined {
    const parts = path.split('/').filter((part) => part !== '');
    return folders.get(parts.slice(0, -1).join('/'))?.get(parts.at(-1) ?? '');
  }

  function add(path: string, file: ArchiveFile): void {
    if (++entries > mostEntries) throw tooMany();
    const parts = entryPathParts(path);
    const name = parts.pop();
    if (name === undefined) return;
    const folder = folderAt(parts);
    if (folder.has(name)) throw twice(path);
    folder.set(name, file);
  }

  return {
    add,
    link(path, target) {
      entryPathParts(path);
      if (links.push([path, target]) > mostEntries) throw tooMany();
    },
    build() {
      for (const [path, target] of links) {
        const file = find(target);
        if (file) add(path, file);
      }
      const top = topFolder(folders);
      const below = (path: string) => (top === undefined ? path : path === '' ? top : `${top}/${path}`);
      return {
        file: (path) => find(path) ?? find(below(path)) ?? undefined,
        list(path) {
          const folder = folders.get(below(path)) ?? folders.get(path);
          return folder && [...folder].map(([name, file]) => ({ name, kind: file === null ? 'folder' : 'file' }));
        },
      };
    },
  };
}

/** The one folder that everything lies in, when it is only a wrapping: it has folders of its own, and no layout knows its name. */
function topFolder(folders: ReadonlyMap<string, ReadonlyMap<string, ArchiveFile | null>>): string | undefined {
  const [[name, file] = ['', undefined], ...more] = [...folders.get('')!];
  if (file !== null || more.length > 0 || partsOfLayout.test(name)) return undefined;
  return [...folders.get(name)!.values()].includes(null) ? name : undefined;
}

function twice(path: string): ArchiveError {
  return new ArchiveError('path_duplicate', `The archive holds "${path.slice(0, 200)}" twice. Pack the folder again.`, {
    entry: path,
    wanted: 'each path once',
    found: 'the same path again',
  });
}

function tooMany(): ArchiveError {
  return new ArchiveError('too_many_entries', `The archive has more than ${mostEntries} entries. Unpack it instead.`, {
    wanted: `at most ${mostEntries}`,
    found: 'more',
  });
}
