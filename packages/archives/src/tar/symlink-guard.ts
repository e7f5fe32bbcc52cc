import { ArchiveError } from '../errors.ts';
import { tooLarge } from '../limits.ts';

/** No system follows more links than this for one path (Linux 40, macOS 32, Windows 63): beyond it nothing is reached at all. */
const MAX_HOPS = 64;

/** Links are held in memory until the end. A package with 50,000 of them needs half of this. */
const MAX_LINK_CHARACTERS = 16 * 2 ** 20;

/** Watches over the symbolic links of one package. All paths come as parts, see entry-path.ts. */
export type SymlinkGuard = {
  /** Remember a link. Its target is judged in {@link SymlinkGuard.end}, when all links are known. @throws {ArchiveError} `too_large`. */
  add(parts: readonly string[], target: string): void;
  /** An entry is unpacked here: no part above it may be a link seen before. @throws {ArchiveError} `link_escape`. */
  refuseThrough(parts: readonly string[]): void;
  /** Follow every link as a file system would. @throws {ArchiveError} `link_escape` when one leaves the package. */
  end(): void;
};

/** No links yet. */
export function createSymlinkGuard(): SymlinkGuard {
  const targets = new Map<string, string>();
  let characters = 0;

  /** Whether following the link `path` as a file system would leads outside. `targetOf` finds a link by its path. */
  function escapes(path: string, targetOf: (path: string) => string | undefined): boolean {
    const here = path.split('/').slice(0, -1);
    let hops = 0;
    let outside = false;
    /** Walk on from `here`; false when there is no use in going on. */
    function walk(target: string): boolean {
      hops += 1;
      if (hops > MAX_HOPS) return false;
      outside = isAbsolute(target);
      for (const part of target.split(/[/\\]/)) {
        if (outside) return false;
        if (part === '' || part === '.') continue;
        if (part === '..') {
          outside = here.pop() === undefined;
          continue;
        }
        here.push(part);
        const next = targetOf(here.join('/'));
        if (next === undefined) continue;
        here.pop();
        if (!walk(next)) return false;
      }
      return !outside;
    }
    walk(targets.get(path)!);
    return outside;
  }

  return {
    add(parts, target) {
      const path = parts.join('/');
      characters += path.length + target.length;
      if (characters > MAX_LINK_CHARACTERS) throw tooLarge('The list of all links', MAX_LINK_CHARACTERS, 'more', path);
      targets.set(path, target);
    },
    refuseThrough(parts) {
      if (targets.size === 0) return;
      for (let length = 1; length < parts.length; length++) {
        const above = parts.slice(0, length).join('/');
        const target = targets.get(above);
        if (target !== undefined) throw linkEscape(parts.join('/'), `unpacks through the link "${above}"`, target);
      }
    },
    end() {
      // Once as Linux reads names, once as macOS and Windows do, where "A" and "a" are one.
      const folded = new Map([...targets].map(([path, target]) => [path.toLowerCase(), target]));
      for (const [path, target] of targets) {
        const leaves =
          escapes(path, (name) => targets.get(name)) || escapes(path, (name) => folded.get(name.toLowerCase()));
        if (leaves) throw linkEscape(path, 'is a link that leaves the package', target);
      }
    },
  };
}

function isAbsolute(target: string): boolean {
  return /^[/\\]|^[A-Za-z]:/.test(target);
}

function linkEscape(entry: string, how: string, target: string): ArchiveError {
  return new ArchiveError(
    'link_escape',
    `"${entry.slice(0, 200)}" ${how}: a package may link only to what is inside it.`,
    {
      entry,
      wanted: 'a relative link that stays inside',
      found: target.slice(0, 200),
    },
  );
}
