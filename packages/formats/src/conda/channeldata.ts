import type { AboutJson } from './about-json.ts';
import { type JsonObject, type JsonValue, writeJson } from './json.ts';
import { createJsonMapWriter } from './json-map-writer.ts';
import type { PathEntry } from './paths-json.ts';
import type { CondaRecord } from './record.ts';
import { exportsNothing, type RunExports } from './run-exports.ts';
import { toSeconds } from './timestamp.ts';
import { type CondaVersion, compareVersions, parseVersion } from './version.ts';

/** One file of the channel, with what is known of its inside. */
export interface ChanneldataFile {
  fn: string;
  subdir: string;
  record: Pick<CondaRecord, 'name' | 'version' | 'license' | 'timestamp'>;
  about?: AboutJson;
  /** From `linkFlags`; absent when the paths are not known. */
  flags?: LinkFlags;
  run_exports?: RunExports;
}

/** What linking a package does beyond placing files, under the names of channeldata.json. */
export interface LinkFlags {
  'activate.d': boolean;
  binary_prefix: boolean;
  'deactivate.d': boolean;
  post_link: boolean;
  pre_link: boolean;
  pre_unlink: boolean;
  text_prefix: boolean;
}

/** A channeldata.json in the making. Add every file, or the newest of each version, in any order. */
export interface ChanneldataBuilder {
  add(file: ChanneldataFile): void;
  /** The document, sorted and compact: equal sets of files give equal texts. */
  write(): string;
}

interface Rank {
  version: CondaVersion;
  timestamp: number;
  place: string;
}

interface PackageEntry {
  fields: Map<string, { rank: Rank; value: JsonValue }>;
  runExports: Map<string, { rank: Rank; value: RunExports }>;
  flags: LinkFlags;
  subdirs: Set<string>;
  timestamp: number;
}

/** What linking does, told by a package's paths. */
export function linkFlags(paths: readonly PathEntry[]): LinkFlags {
  const anyBelow = (folder: string): boolean => paths.some(({ path }) => path.startsWith(folder));
  const anyScript = (ending: string): boolean => paths.some(({ path }) => isHookScript(path, ending));
  const anyPrefix = (mode: 'binary' | 'text'): boolean =>
    paths.some(({ prefix_placeholder, file_mode }) => prefix_placeholder !== undefined && file_mode === mode);
  return {
    'activate.d': anyBelow('etc/conda/activate.d'),
    binary_prefix: anyPrefix('binary'),
    'deactivate.d': anyBelow('etc/conda/deactivate.d'),
    post_link: anyScript('-post-link.'),
    pre_link: anyScript('-pre-link.'),
    pre_unlink: anyScript('-pre-unlink.'),
    text_prefix: anyPrefix('text'),
  };
}

/**
 * Build channeldata.json: one entry a package name, told by its newest file (by version, then time of build); what that
 * file does not say comes from the newest that does. A file whose version is none is passed over.
 *
 * @see CEP 38 https://conda.org/learn/ceps/cep-0038
 */
export function createChanneldata(): ChanneldataBuilder {
  const packages = new Map<string, PackageEntry>();
  const subdirs = new Set<string>();

  return {
    add(file) {
      subdirs.add(file.subdir);
      const entry = packages.get(file.record.name) ?? newEntry();
      if (addFile(entry, file)) packages.set(file.record.name, entry);
    },
    write() {
      const entries = Array.from(packages, ([name, entry]): [string, JsonObject] => [name, entryObject(entry)]);
      return writeJson({
        channeldata_version: 1,
        packages: Object.fromEntries(entries),
        subdirs: [...subdirs].sort(),
      });
    },
  };
}

/**
 * Write channeldata.json name by name as chunks of bytes, so that a channel of many names is never held whole.
 *
 * @param emit is handed every chunk in order and may keep it.
 */
export function createChanneldataWriter(emit: (chunk: Uint8Array) => void): {
  /** All files of one name that are to be told of; the names in byte order. @throws {FormatError} `repodata_order`. */
  entry(name: string, files: readonly ChanneldataFile[]): void;
  /** @param subdirs all that the channel has. */
  end(subdirs: readonly string[]): void;
} {
  const out = createJsonMapWriter(emit);
  out.raw('{"channeldata_version":1,');
  out.open('packages');
  return {
    entry(name, files) {
      const entry = newEntry();
      if (files.filter((file) => addFile(entry, file)).length > 0) out.entry(name, writeJson(entryObject(entry)));
    },
    end(subdirs) {
      out.close();
      out.raw(`,"subdirs":${writeJson([...subdirs].sort())}}`);
      out.flush();
    },
  };
}

/** @returns false for a file whose version is none. */
function addFile(entry: PackageEntry, file: ChanneldataFile): boolean {
  const rank = rankOf(file);
  if (rank === undefined) return false;
  entry.subdirs.add(file.subdir);
  entry.timestamp = Math.max(entry.timestamp, rank.timestamp);
  for (const [key, value] of Object.entries(describe(file))) {
    const known = entry.fields.get(key);
    if (says(value) && (known === undefined || compareRanks(rank, known.rank) > 0)) {
      entry.fields.set(key, { rank, value });
    }
  }
  for (const flag of Object.keys(entry.flags) as (keyof LinkFlags)[]) entry.flags[flag] ||= file.flags?.[flag] ?? false;
  const exported = entry.runExports.get(file.record.version);
  if (file.run_exports === undefined || exportsNothing(file.run_exports)) return true;
  if (exported === undefined || compareRanks(rank, exported.rank) > 0) {
    entry.runExports.set(file.record.version, { rank, value: file.run_exports });
  }
  return true;
}

function describe({ fn, subdir, record, about }: ChanneldataFile): Record<string, JsonValue | undefined> {
  return {
    description: about?.description,
    dev_url: oneOrList(about?.dev_url),
    doc_source_url: oneOrList(about?.doc_source_url),
    doc_url: oneOrList(about?.doc_url),
    home: oneOrList(about?.home),
    icon_hash: about?.icon_hash,
    icon_url: about?.icon_url,
    identifiers: about?.identifiers,
    keywords: about?.keywords,
    license: record.license ?? about?.license,
    recipe_origin: about?.recipe_origin,
    reference_package: `${subdir}/${fn}`,
    source_git_url: oneOrList(about?.source_git_url),
    source_url: oneOrList(about?.source_url),
    summary: about?.summary,
    tags: about?.tags,
    version: record.version,
  };
}

function entryObject(entry: PackageEntry): JsonObject {
  const fields = Array.from(entry.fields, ([key, { value }]): [string, JsonValue] => [key, value]);
  const runExports = Array.from(entry.runExports, ([version, { value }]): [string, JsonValue] => [
    version,
    { ...value },
  ]);
  return {
    ...Object.fromEntries(fields),
    ...entry.flags,
    run_exports: Object.fromEntries(runExports),
    subdirs: [...entry.subdirs].sort(),
    timestamp: toSeconds(entry.timestamp),
  };
}

/** Whether a path reads as `bin/.<name>-post-link.sh`: `ending` somewhere behind a hidden name. */
function isHookScript(path: string, ending: string): boolean {
  const hidden = path.indexOf('/.');
  return hidden >= 0 && path.includes(ending, hidden + 2);
}

function newEntry(): PackageEntry {
  return { fields: new Map(), runExports: new Map(), flags: linkFlags([]), subdirs: new Set(), timestamp: 0 };
}

function rankOf({ fn, subdir, record }: ChanneldataFile): Rank | undefined {
  try {
    return { version: parseVersion(record.version), timestamp: record.timestamp ?? 0, place: `${subdir}/${fn}` };
  } catch {
    return undefined;
  }
}

/** Newest last; the place only makes the order total, so that files may come in any. */
function compareRanks(a: Rank, b: Rank): number {
  const newer = compareVersions(a.version, b.version) || a.timestamp - b.timestamp;
  if (newer !== 0) return newer;
  return a.place < b.place ? -1 : Number(a.place > b.place);
}

function oneOrList(texts: string[] | undefined): JsonValue | undefined {
  return texts !== undefined && texts.length > 1 ? texts : texts?.[0];
}

function says(value: JsonValue | undefined): value is JsonValue {
  return value !== undefined && !(Array.isArray(value) && value.length === 0);
}
