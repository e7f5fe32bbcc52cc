import { decodeUtf8 } from '../utf8.ts';
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
  const packages = new Map<string, ChanneldataFile[]>();
  const subdirs = new Set<string>();

  return {
    add(file) {
      subdirs.add(file.subdir);
      const files = packages.get(file.record.name);
      if (files) files.push(file);
      else packages.set(file.record.name, [file]);
    },
    write() {
      const chunks: Uint8Array[] = [];
      const writer = createChanneldataWriter((chunk) => chunks.push(chunk));
      for (const name of [...packages.keys()].sort()) writer.entry(name, packages.get(name)!);
      writer.end([...subdirs]);
      return chunks.map(decodeUtf8).join('');
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
      const told = newestFirst(files);
      if (told.length > 0) out.entry(name, entryText(told));
    },
    end(subdirs) {
      out.close();
      out.raw(`,"subdirs":${writeJson([...subdirs].sort())}}`);
      out.flush();
    },
  };
}

/** What files of one name say in sum, of which the newest comes first. */
type Told = (files: readonly ChanneldataFile[]) => JsonValue | undefined;

/** What the newest says that says anything. */
function saidBy(of: (file: ChanneldataFile) => JsonValue | undefined): Told {
  return (files) => {
    for (const file of files) {
      const value = of(file);
      if (says(value)) return value;
    }
  };
}

const described: Record<string, Told> = {
  description: saidBy(({ about }) => about?.description),
  dev_url: saidBy(({ about }) => oneOrList(about?.dev_url)),
  doc_source_url: saidBy(({ about }) => oneOrList(about?.doc_source_url)),
  doc_url: saidBy(({ about }) => oneOrList(about?.doc_url)),
  home: saidBy(({ about }) => oneOrList(about?.home)),
  icon_hash: saidBy(({ about }) => about?.icon_hash),
  icon_url: saidBy(({ about }) => about?.icon_url),
  identifiers: saidBy(({ about }) => about?.identifiers),
  keywords: saidBy(({ about }) => about?.keywords),
  license: saidBy(({ record, about }) => record.license ?? about?.license),
  recipe_origin: saidBy(({ about }) => about?.recipe_origin),
  reference_package: saidBy(({ subdir, fn }) => `${subdir}/${fn}`),
  run_exports: runExportsOf,
  source_git_url: saidBy(({ about }) => oneOrList(about?.source_git_url)),
  source_url: saidBy(({ about }) => oneOrList(about?.source_url)),
  subdirs: (files) => [...new Set(files.map(({ subdir }) => subdir))].sort(),
  summary: saidBy(({ about }) => about?.summary),
  tags: saidBy(({ about }) => about?.tags),
  timestamp: (files) => toSeconds(Math.max(0, ...files.map(({ record }) => record.timestamp ?? 0))),
  version: saidBy(({ record }) => record.version),
};

/** The newest run exports of each version. */
function runExportsOf(files: readonly ChanneldataFile[]): JsonObject {
  const exported = new Map<string, JsonObject>();
  for (const { record, run_exports } of files) {
    if (run_exports === undefined || exportsNothing(run_exports) || exported.has(record.version)) continue;
    exported.set(record.version, { ...run_exports });
  }
  return Object.fromEntries(exported);
}

/** The members of an entry in their order, each with its key as it is written. */
const members = [
  ...Object.entries(described),
  ...Object.keys(linkFlags([])).map((flag): [string, Told] => [
    flag,
    (files) => files.some(({ flags }) => flags?.[flag as keyof LinkFlags]),
  ]),
]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([key, told]) => ({ key: `${JSON.stringify(key)}:`, told }));

function entryText(files: readonly ChanneldataFile[]): string {
  const texts: string[] = [];
  for (const { key, told } of members) {
    const value = told(files);
    if (value !== undefined) texts.push(key + writeJson(value));
  }
  return `{${texts.join()}}`;
}

/** Whether a path reads as `bin/.<name>-post-link.sh`: `ending` somewhere behind a hidden name. */
function isHookScript(path: string, ending: string): boolean {
  const hidden = path.indexOf('/.');
  return hidden >= 0 && path.includes(ending, hidden + 2);
}

/** Without those whose version is none. Of equals the first stays before the others. */
function newestFirst(files: readonly ChanneldataFile[]): ChanneldataFile[] {
  const ranked = files.flatMap((file) => {
    const version = versionOrNone(file.record.version);
    return version === undefined ? [] : { file, version };
  });
  if (ranked.length > 1) ranked.sort((a, b) => compareVersions(b.version, a.version) || compareBuilt(b.file, a.file));
  return ranked.map(({ file }) => file);
}

function versionOrNone(text: string): CondaVersion | undefined {
  try {
    return parseVersion(text);
  } catch {
    return undefined;
  }
}

/** By time; the place only makes the order total, so that files may come in any. */
function compareBuilt(a: ChanneldataFile, b: ChanneldataFile): number {
  const later = (a.record.timestamp ?? 0) - (b.record.timestamp ?? 0);
  if (later !== 0) return later;
  const [one, other] = [`${a.subdir}/${a.fn}`, `${b.subdir}/${b.fn}`];
  return one < other ? -1 : Number(one > other);
}

function oneOrList(texts: string[] | undefined): JsonValue | undefined {
  return texts !== undefined && texts.length > 1 ? texts : texts?.[0];
}

function says(value: JsonValue | undefined): value is JsonValue {
  return value !== undefined && !(Array.isArray(value) && value.length === 0);
}
