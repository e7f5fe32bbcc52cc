import { parseSha256, type Sha256 } from '../digest/index.ts';
import { excerpt, FormatError } from '../errors.ts';
import { isJsonObject, type JsonObject, type JsonValue, kindOf, parseJsonObject } from './json.ts';
import { countOf, textOf } from './json-fields.ts';

/** One file of a package, as it will lie below the prefix. */
export interface PathEntry {
  /** Relative, with `/`; never leaves the prefix. */
  path: string;
  path_type: 'hardlink' | 'softlink' | 'directory';
  sha256: Sha256 | undefined;
  size_in_bytes: number | undefined;
  /** How the prefix is replaced; undefined when there is none in the file. */
  file_mode: 'text' | 'binary' | undefined;
  prefix_placeholder: string | undefined;
  /** To be copied, never hard linked. */
  no_link: boolean;
}

/** The list files of packages made before `info/paths.json` existed. */
export interface LegacyPathFiles {
  /** `info/files`: one path a line. */
  files: string;
  /** `info/has_prefix`: `path`, or `placeholder mode path`, each perhaps in quotes. */
  has_prefix?: string;
  /** `info/no_link`: one path a line. */
  no_link?: string;
}

/** What the lines of `has_prefix` mean that name no placeholder. */
const DEFAULT_PLACEHOLDER = '/opt/anaconda1anaconda2anaconda3';

/**
 * Read `info/paths.json`.
 *
 * @throws {FormatError} `paths_json`, also for a path that is absolute or climbs out of the prefix.
 * @see CEP 34 https://conda.org/learn/ceps/cep-0034
 */
export function parsePathsJson(document: Uint8Array | string): PathEntry[] {
  const { paths } = parseJsonObject(document, 'info/paths.json', 'paths_json');
  if (!Array.isArray(paths)) throw wrong('a list named paths', kindOf(paths));
  return paths.map((entry) => readEntry(isJsonObject(entry) ? entry : refuse('an object per path', entry)));
}

/**
 * The paths of a package without `info/paths.json`, out of its text lists. Types and digests are not known there:
 * everything counts as a hard link.
 *
 * @throws {FormatError} `paths_json`.
 */
export function pathsFromLists(lists: LegacyPathFiles): PathEntry[] {
  const no_link = new Set(lines(lists.no_link));
  const prefixes = new Map(lines(lists.has_prefix).map(readHasPrefix));
  return lines(lists.files).map((path) => {
    const prefix = prefixes.get(path);
    return {
      path: safePath(path),
      path_type: 'hardlink',
      sha256: undefined,
      size_in_bytes: undefined,
      file_mode: prefix?.file_mode,
      prefix_placeholder: prefix?.placeholder,
      no_link: no_link.has(path),
    };
  });
}

function readEntry(entry: JsonObject): PathEntry {
  const { _path: path, path_type, sha256, file_mode } = entry;
  return {
    path: typeof path === 'string' ? safePath(path) : refuse('_path as a string', path),
    path_type: path_type === 'softlink' || path_type === 'directory' ? path_type : 'hardlink',
    sha256: typeof sha256 === 'string' && /^[0-9a-fA-F]{64}$/.test(sha256) ? parseSha256(sha256) : undefined,
    size_in_bytes: countOf(entry.size_in_bytes),
    file_mode: file_mode === 'text' || file_mode === 'binary' ? file_mode : undefined,
    prefix_placeholder: textOf(entry.prefix_placeholder),
    no_link: entry.no_link === true,
  };
}

type Placeholder = { placeholder: string; file_mode: 'text' | 'binary' };

function readHasPrefix(line: string): [string, Placeholder] {
  const words = Array.from(line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g), (word) => word[1] ?? word[2] ?? word[3] ?? '');
  const [placeholder, file_mode, path] = words;
  if (words.length === 3 && placeholder !== undefined && path !== undefined) {
    if (file_mode === 'text' || file_mode === 'binary') return [path, { placeholder, file_mode }];
    throw wrong('text or binary as the mode in info/has_prefix', excerpt(line));
  }
  // A line of another count is a path with blanks in it, written before the three columns were invented.
  return [words.length === 1 ? placeholder! : line, { placeholder: DEFAULT_PLACEHOLDER, file_mode: 'text' }];
}

function safePath(path: string): string {
  const parts = path.split(/[/\\]/);
  const climbs = parts.includes('..') || parts[0] === '' || /^[A-Za-z]:[/\\]/.test(path) || path.includes('\0');
  if (climbs) throw wrong('a path below the prefix', excerpt(path));
  return path;
}

function lines(text: string | undefined): string[] {
  return (text ?? '').split(/\r?\n/).filter((line) => line.trim() !== '');
}

function refuse(wanted: string, value: JsonValue | undefined): never {
  throw wrong(wanted, kindOf(value));
}

function wrong(wanted: string, found: string): FormatError {
  return new FormatError('paths_json', 'The list of paths in info/ is not sound: build the package again.', {
    wanted,
    found,
  });
}
