import { type CondaVersion, compareVersions, parseVersion, readRecord } from '@sluice/formats/conda';
import type { ListedRecord } from './listed-records.ts';

/** The newest file of one package name in one subdir, as channeldata.json needs it. */
export interface NewestFile {
  name: string;
  version: string;
  subdir: string;
  fn: string;
  license?: string | undefined;
  /** ms */
  timestamp?: number | undefined;
  /** lower-case hex */
  sha256?: string | undefined;
}

/** Finds the newest file of every name among records that come map by map, sorted by file name. */
export interface NewestFiles {
  add(record: ListedRecord): void;
  /** In byte order of the names. */
  list(): NewestFile[];
}

/** The newest version seen of the name at hand, and the records that have it: only of these anything is read. */
interface Run {
  name: string;
  text: string;
  version: CondaVersion | null;
  finalists: ListedRecord[];
}

/**
 * Newest by version and then by time of build; files whose version cannot be read come last. Of equals the first by file
 * name, so that the order in which an upstream lists them does not matter.
 */
export function newestFiles(subdir: string): NewestFiles {
  const best = new Map<string, NewestFile>();
  let run: Run | undefined;

  function endRun(): void {
    if (!run) return;
    const { name, finalists } = run;
    for (const finalist of finalists) {
      const file = newestFile(subdir, name, finalist);
      const before = best.get(name);
      if (!before || compareFiles(file, before) > 0) best.set(name, file);
    }
    run = undefined;
  }

  return {
    add(record) {
      const { name, text } = nameAndVersion(record.file.toString('latin1'));
      if (run?.name !== name) endRun();
      else if (run.text === text) return void run.finalists.push(record);
      const version = versionOrNull(text);
      const order = run ? compareVersionsOrNull(version, run.version) : 1;
      if (order > 0) run = { name, text, version, finalists: [record] };
      else if (order === 0) run!.finalists.push(record);
    },
    list() {
      endRun();
      return [...best.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    },
  };
}

/** A listed file's name has been checked: it ends with version, build and one of the two endings. */
function nameAndVersion(file: string): { name: string; text: string } {
  const beforeBuild = file.lastIndexOf('-');
  const beforeVersion = file.lastIndexOf('-', beforeBuild - 1);
  return { name: file.slice(0, beforeVersion), text: file.slice(beforeVersion + 1, beforeBuild) };
}

function newestFile(subdir: string, name: string, { file, body }: ListedRecord): NewestFile {
  const { version, license, timestamp, sha256 } = readRecord(body);
  return { name, version, subdir, fn: file.toString(), license, timestamp, sha256 };
}

function compareFiles(a: NewestFile, b: NewestFile): number {
  const [u, v] = [versionOrNull(a.version), versionOrNull(b.version)];
  const newer = compareVersionsOrNull(u, v) || (u && v ? (a.timestamp ?? 0) - (b.timestamp ?? 0) : 0);
  return newer || (a.fn < b.fn ? 1 : -1);
}

function compareVersionsOrNull(a: CondaVersion | null, b: CondaVersion | null): number {
  return a && b ? compareVersions(a, b) : Number(a !== null) - Number(b !== null);
}

function versionOrNull(text: string): CondaVersion | null {
  try {
    return parseVersion(text);
  } catch {
    return null;
  }
}
