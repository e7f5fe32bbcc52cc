import { compareRVersions, parseRFileName, parseRVersion, type RFileTimes } from '@sluice/formats/cran';
import type { ListedRTree } from '@sluice/registry';
import type { ListedPackage, PackagesIndex } from './read-packages.ts';

/** What stands beside the record of a file. See ARCHITECTURE.md's glossary for `extra`. */
interface Beside {
  size?: number;
  /** ISO, UTC. */
  mtime?: string;
  archived?: true;
  /** Its package is not in the index any more, whatever its version. */
  withdrawn?: true;
}

/** What an upstream says of one tree. */
export interface TreeAnswer {
  index: PackagesIndex;
  /** Of files in the index, by file name. */
  current: ReadonlyMap<string, RFileTimes>;
  /** Of files in the archive, by file name; undefined when the upstream says nothing of one. */
  archive: ReadonlyMap<string, RFileTimes> | undefined;
  /** What was known of files before: their paragraphs. */
  before: ReadonlyMap<string, string>;
}

/**
 * The records of a tree: what the index lists, and what lies in the archive. Of archived files the paragraph stays that the
 * index once had; of those that were never seen there only the name and the version are known.
 *
 * An upstream that does not list its archive is taken to keep older versions of what it still has, as CRAN does.
 */
export function listedTree({ index, current, archive, before }: TreeAnswer): ListedRTree {
  const records = new Map<string, { body: string; beside: Beside }>();
  for (const { file, body } of index.packages) records.set(file, { body, beside: timesOf(current.get(file)) });
  const newest = newestOf(index.packages);
  for (const [file, times] of archive ?? older(newest, before)) {
    if (records.has(file)) continue;
    const { name, version } = parseRFileName(file);
    const body = before.get(file) ?? `Package: ${name}\nVersion: ${version}\n`;
    const withdrawn = newest.has(name) ? {} : ({ withdrawn: true } as const);
    records.set(file, { body, beside: { ...timesOf(times), archived: true, ...withdrawn } });
  }
  const encoder = new TextEncoder();
  return {
    refused: index.refused,
    records: [...records].map(([file, { body, beside }]) => ({
      file,
      body: encoder.encode(body),
      extra: Object.keys(beside).length === 0 ? null : encoder.encode(JSON.stringify(beside)),
    })),
  };
}

function newestOf(packages: readonly ListedPackage[]): ReadonlyMap<string, string> {
  const newest = new Map<string, string>();
  for (const { name, fields } of packages) {
    const version = fields.get('Version')!;
    const other = newest.get(name);
    if (other === undefined || compareRVersions(parseRVersion(version), parseRVersion(other)) > 0)
      newest.set(name, version);
  }
  return newest;
}

/** Files of before that a newer version of their package replaced. */
function* older(
  newest: ReadonlyMap<string, string>,
  before: ReadonlyMap<string, string>,
): Iterable<[file: string, times: RFileTimes | undefined]> {
  for (const file of before.keys()) {
    const { name, version } = parseRFileName(file);
    const now = newest.get(name);
    if (now !== undefined && compareRVersions(parseRVersion(version), parseRVersion(now)) < 0) yield [file, undefined];
  }
}

function timesOf(times: RFileTimes | undefined): Beside {
  return {
    ...(times?.size === undefined ? {} : { size: times.size }),
    ...(times?.mtime === undefined ? {} : { mtime: new Date(Math.floor(times.mtime) * 1000).toISOString() }),
  };
}
