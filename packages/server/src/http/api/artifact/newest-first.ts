import { type CondaVersion, compareVersions, type JsonObject, parseVersion } from '@sluice/formats/conda';
import type { ShardFile } from '@sluice/formats/package';

/** A file as a channel's head shows it. */
export interface ShownFile {
  subdir: string;
  fn: string;
  record: JsonObject;
}

/** The files of shards of one package name, the newest version first; of one version the highest build number first. */
export function newestFirst(shards: readonly { subdir: string; files: readonly ShardFile[] }[]): ShownFile[] {
  const shown = shards.flatMap(({ subdir, files }) =>
    files.map(({ file, record }) => ({ subdir, fn: file, record, version: versionOf(record) })),
  );
  shown.sort(
    (a, b) =>
      compareMaybe(b.version, a.version) ||
      numberOf(b.record, 'build_number') - numberOf(a.record, 'build_number') ||
      numberOf(b.record, 'timestamp') - numberOf(a.record, 'timestamp') ||
      compareText(a.subdir, b.subdir) ||
      compareText(a.fn, b.fn),
  );
  return shown.map(({ subdir, fn, record }) => ({ subdir, fn, record }));
}

/** What cannot be read as a version is older than everything that can. */
function compareMaybe(a: CondaVersion | undefined, b: CondaVersion | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  return compareVersions(a, b);
}

function versionOf(record: JsonObject): CondaVersion | undefined {
  try {
    return parseVersion(String(record.version));
  } catch {
    return undefined;
  }
}

function numberOf(record: JsonObject, key: string): number {
  const value = record[key];
  return typeof value === 'number' ? value : 0;
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
