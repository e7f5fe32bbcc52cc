import { ArchiveError } from '../errors.ts';
import { type Limits, tooLarge } from '../limits.ts';
import { type ContentSink, gatherContent } from '../tar/content-sink.ts';
import type { TarEntry } from '../tar/tar-entry.ts';
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

/** Files beyond the metadata that somebody wants to read; `bytes` bounds all of them together. */
export type WantedFiles = { readonly wants: (path: string) => boolean; readonly bytes: number };

/** Gathers what is wanted of a package's `info/` folder. */
export type InfoFiles = {
  /** A sink for the content of an entry at `path` (normalised), if it is wanted. @throws {ArchiveError} `path_duplicate`, `too_large`. */
  sinkFor(path: string, entry: TarEntry): ContentSink | undefined;
  /** The kept texts by path, as bytes. */
  readonly kept: ReadonlyMap<string, Buffer>;
  /** What was wanted beyond that, by path. */
  readonly also: ReadonlyMap<string, Buffer>;
  /** From paths.json, or else from the older lists; `undefined` when there is neither or paths.json is damaged. */
  paths(): PathsSummary | undefined;
  /** Whether there is a paths.json that cannot be read. */
  pathsDamaged(): boolean;
};

/** Nothing gathered yet. */
export function gatherInfoFiles(limits: Limits, wanted: WantedFiles = { wants: () => false, bytes: 0 }): InfoFiles {
  const kept = new Map<string, Buffer>();
  const also = new Map<string, Buffer>();
  let left = wanted.bytes;
  const seen = new Set<string>();
  const tally = createPathsTally();
  const olderTally = createPathsTally();
  const pathsJson = readPathsJson(tally);

  function keep(files: Map<string, Buffer>, path: string, size: number): ContentSink {
    return gatherContent(size, (content) => files.set(path, content));
  }

  function choose(path: string, size: number): ContentSink | undefined {
    if (KEPT.has(path)) {
      if (size > limits.infoBytes) throw tooLarge(`"${path}"`, limits.infoBytes, `${size} bytes`, path);
      return keep(kept, path, size);
    }
    if (wanted.wants(path)) {
      left -= size;
      if (left < 0) throw tooLarge(`What is read of the package, with "${path}",`, wanted.bytes, 'more', path);
      return keep(also, path, size);
    }
    const reader = readerOf(path);
    if (reader && size > limits.pathsBytes) throw tooLarge(`"${path}"`, limits.pathsBytes, `${size} bytes`, path);
    return reader;
  }

  function readerOf(path: string): ContentSink | undefined {
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
      return kind === 'file' ? sink : undefined;
    },
    kept,
    also,
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
