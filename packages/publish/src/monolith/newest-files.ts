import {
  type CondaVersion,
  compareVersions,
  parseVersion,
  readPlainRecord,
  readRecord,
  readTimestamp,
} from '@sluice/formats/conda';

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

/** Finds the newest file of every name, whatever order the records come in; soonest map by map, sorted by file name. */
export interface NewestFiles {
  /** The record's text lies in `bytes`, from `at` to before `end`, and stays there. */
  add(fn: string, bytes: Uint8Array, at: number, end: number): void;
  /** What was found to be the newest of some files of its name. */
  addNewest(file: NewestFile): void;
  /** In byte order of the names. */
  list(): NewestFile[];
}

interface Finalist {
  fn: string;
  bytes: Uint8Array;
  at: number;
  end: number;
}

/** The newest version seen of the name at hand, and the records that have it: only of these anything is read. */
interface Run {
  name: string;
  text: string;
  version: CondaVersion | null;
  finalists: Finalist[];
}

/**
 * Newest by version and then by time of build; files whose version cannot be read come last. Of equals the first by file
 * name, so that the order in which an upstream lists them does not matter.
 */
export function newestFiles(subdir: string): NewestFiles {
  // Versions are read again where two are compared, which is seldom: kept, they would take three times what the files do.
  const best = new Map<string, NewestFile>();
  let run: Run | undefined;

  function endRun(): void {
    if (!run) return;
    const { name, version, finalists } = run;
    run = undefined;
    const leader = best.get(name);
    // A name comes in one run for each map, mostly, and the other map's may be newer.
    if (leader && compareOrNull(version, versionOf(leader)) < 0) return;
    propose(newestFile(subdir, name, version ? latestBuilt(finalists) : firstByName(finalists)));
  }

  function propose(one: NewestFile): void {
    const leader = best.get(one.name);
    if (!leader || compareBest(one, leader) > 0) best.set(one.name, one);
  }

  return {
    add(fn, bytes, at, end) {
      const beforeBuild = fn.lastIndexOf('-');
      const beforeVersion = fn.lastIndexOf('-', beforeBuild - 1);
      const text = fn.slice(beforeVersion + 1, beforeBuild);
      if (run && (run.name.length !== beforeVersion || !fn.startsWith(run.name))) endRun();
      if (run?.text === text) return void run.finalists.push({ fn, bytes, at, end });
      const version = versionOrNull(text);
      const order = run ? compareOrNull(version, run.version) : 1;
      const finalist = { fn, bytes, at, end };
      if (order > 0) run = { name: fn.slice(0, beforeVersion), text, version, finalists: [finalist] };
      else if (order === 0) run!.finalists.push(finalist);
    },
    addNewest: propose,
    list() {
      endRun();
      return [...best.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    },
  };
}

/** The one with the latest time; of equals the first by file name. */
function latestBuilt(finalists: readonly Finalist[]): Finalist {
  if (finalists.length === 1) return finalists[0]!;
  const times = finalists.map(timeOf);
  const latest = times.reduce((one, other) => Math.max(one, other));
  return firstByName(finalists.filter((_, i) => times[i] === latest));
}

/** They stand in the order of their names within a map, but may be of two. */
function firstByName(finalists: readonly Finalist[]): Finalist {
  return finalists.reduce((first, finalist) => (finalist.fn < first.fn ? finalist : first));
}

/** ms; 0 when the record has none. */
function timeOf({ bytes, at, end }: Finalist): number {
  const text = bytes.subarray(at, end);
  const plain = readPlainRecord(text);
  return (plain ? readTimestamp(plain.timestamp) : readRecord(text).timestamp) ?? 0;
}

function newestFile(subdir: string, name: string, { fn, bytes, at, end }: Finalist): NewestFile {
  const { version, license, timestamp, sha256 } = readRecord(bytes.subarray(at, end));
  return { name, version, subdir, fn, license, timestamp, sha256 };
}

function compareBest(a: NewestFile, b: NewestFile): number {
  const [one, other] = [versionOf(a), versionOf(b)];
  const newer = one && other ? (a.timestamp ?? 0) - (b.timestamp ?? 0) : 0;
  return compareOrNull(one, other) || newer || (a.fn < b.fn ? 1 : -1);
}

/** As the file name has it. */
function versionOf({ name, fn }: NewestFile): CondaVersion | null {
  return versionOrNull(fn.slice(name.length + 1, fn.lastIndexOf('-')));
}

function compareOrNull(a: CondaVersion | null, b: CondaVersion | null): number {
  return a && b ? compareVersions(a, b) : Number(a !== null) - Number(b !== null);
}

function versionOrNull(text: string): CondaVersion | null {
  try {
    return parseVersion(text);
  } catch {
    return null;
  }
}
