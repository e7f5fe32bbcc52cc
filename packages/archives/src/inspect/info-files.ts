import { ArchiveError } from '../errors.ts';
import { type Limits, tooLarge } from '../limits.ts';
import type { TarEntry } from '../tar/tar-entry.ts';
import type { ContentSink } from '../tar/tar-parser.ts';
import { readLines } from './line-reader.ts';
import { readPathsJson } from './paths-json.ts';
import { createPathsTally, type PathsSummary } from './paths-summary.ts';

/** Metadata that is kept as text. All are small: `Limits.infoBytes` bounds each. */
const KEPT = new Set([
  'info/index.json',
  'info/about.json',
  'info/run_exports.json',
  'info/link.json',
  'info/security.json',
  'info/README',
  'info/README.md',
  'info/README.rst',
]);

/** Read in passing, `Limits.pathsBytes` each. The last two are of packages from before paths.json. */
const PATHS_JSON = 'info/paths.json';
const FILES = 'info/files';
const HAS_PREFIX = 'info/has_prefix';

/** Gathers what is wanted of a package's `info/` folder. */
export type InfoFiles = {
  /** A sink for the content of an entry at `path` (normalised), if it is wanted. @throws {ArchiveError} `path_duplicate`, `too_large`. */
  sinkFor(path: string, entry: TarEntry): ContentSink | undefined;
  /** The kept texts by path, as bytes. */
  readonly kept: ReadonlyMap<string, Buffer>;
  /** From paths.json, or else from the older lists; `undefined` when there is neither or paths.json is damaged. */
  paths(): PathsSummary | undefined;
  /** Whether there is a paths.json that cannot be read. */
  pathsDamaged(): boolean;
};

/** Nothing gathered yet. */
export function gatherInfoFiles(limits: Limits): InfoFiles {
  const kept = new Map<string, Buffer>();
  const seen = new Set<string>();
  const tally = createPathsTally();
  const olderTally = createPathsTally();
  const pathsJson = readPathsJson(tally);

  function keep(path: string, size: number): ContentSink {
    const content = Buffer.alloc(size);
    let filled = 0;
    return {
      write(piece) {
        content.set(piece, filled);
        filled += piece.byteLength;
      },
      end: () => kept.set(path, content),
    };
  }

  function choose(path: string, size: number): ContentSink | undefined {
    if (KEPT.has(path)) return keep(path, size);
    if (path === PATHS_JSON) return pathsJson;
    if (path === FILES) return readLines((line) => olderTally.add(line));
    if (path === HAS_PREFIX) return readLines((line) => olderTally.addPrefix(prefixModeOf(line)));
    return undefined;
  }

  return {
    sinkFor(path, { kind, size }) {
      const sink = choose(path, size);
      if (sink === undefined) return undefined;
      if (seen.has(path)) {
        throw new ArchiveError(
          'path_duplicate',
          `"${path}" is in the package twice, so clients may read either. Build it again.`,
          {
            entry: path,
            wanted: 'one',
            found: 'two',
          },
        );
      }
      seen.add(path);
      const limit = KEPT.has(path) ? limits.infoBytes : limits.pathsBytes;
      if (size > limit) throw tooLarge(`"${path}"`, limit, `${size} bytes`, path);
      return kind === 'file' ? sink : undefined;
    },
    kept,
    paths() {
      if (seen.has(PATHS_JSON)) return pathsJson.readable ? tally.summary() : undefined;
      return seen.has(FILES) ? olderTally.summary() : undefined;
    },
    pathsDamaged: () => seen.has(PATHS_JSON) && !pathsJson.readable,
  };
}

/** A line of has_prefix is a path alone, or placeholder, mode and path, any of them in quotes. */
function prefixModeOf(line: string): 'binary' | 'text' {
  return /^(?:"[^"]*"|\S+)\s+"?binary"?\s/.test(line) ? 'binary' : 'text';
}
