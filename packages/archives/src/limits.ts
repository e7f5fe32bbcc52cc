import { ArchiveError } from './errors.ts';

/** What one package may cost. Every reader of this room takes them; the defaults let pass every package known. */
export type Limits = {
  /** Entries of all its tars together. Packages with 300,000 exist. */
  readonly entries: number;
  /** Decoded bytes of all its tars together. Packages of 20 GB exist. */
  readonly bytes: number;
  /** Bytes of one file. */
  readonly fileBytes: number;
  /** Decoded bytes for one compressed byte. Counts only beyond 64 MiB: a small file may well be all zeros. */
  readonly ratio: number;
  /** Bytes of one metadata file that is read into memory. */
  readonly infoBytes: number;
  /** Bytes of the list of files, which is read without being held. 230 a file. */
  readonly pathsBytes: number;
  /** Folders inside each other. */
  readonly depth: number;
  /** Milliseconds from beginning to end. */
  readonly timeMs: number;
};

/** Used where the caller names no limit of his own. */
export const DEFAULT_LIMITS: Limits = {
  entries: 1_000_000,
  bytes: 64 * 2 ** 30,
  fileBytes: 32 * 2 ** 30,
  ratio: 500,
  infoBytes: 2 ** 20,
  pathsBytes: 256 * 2 ** 20,
  depth: 64,
  timeMs: 15 * 60_000,
};

/** Decoded bytes before the ratio counts. */
const RATIO_FREE_BYTES = 64 * 2 ** 20;

/** Counts what one inspection has cost so far. Every method throws {@link ArchiveError} when a limit is passed. */
export type Budget = {
  readonly limits: Limits;
  readonly entries: number;
  readonly bytes: number;
  /** One more entry, of a file of `size` bytes. `too_many_entries`, `too_large`. */
  entry(path: string, size: number): void;
  /** Bytes read from the package. `too_slow`. */
  compressed(bytes: number): void;
  /** Bytes decoded from those. `too_large`, `ratio`, `too_slow`. */
  decoded(bytes: number): void;
};

/** Begin counting, the time too. `now` in milliseconds, from any origin. */
export function openBudget(limits: Limits, now: () => number): Budget {
  const deadline = now() + limits.timeMs;
  let entries = 0;
  let compressed = 0;
  let decoded = 0;

  function checkTime(): void {
    if (now() <= deadline) return;
    throw new ArchiveError(
      'too_slow',
      `Reading the package took more than ${limits.timeMs} ms. Have the time limit raised.`,
      {
        wanted: `at most ${limits.timeMs} ms`,
        found: 'more',
      },
    );
  }

  return {
    limits,
    get entries() {
      return entries;
    },
    get bytes() {
      return decoded;
    },
    entry(path, size) {
      entries += 1;
      if (entries > limits.entries) {
        throw new ArchiveError(
          'too_many_entries',
          `The package has more than ${limits.entries} entries. Split it, or have the limit raised.`,
          {
            wanted: `at most ${limits.entries}`,
            found: 'more',
          },
        );
      }
      if (size > limits.fileBytes) throw tooLarge(`"${path.slice(0, 200)}"`, limits.fileBytes, `${size} bytes`, path);
    },
    compressed(bytes) {
      compressed += bytes;
      checkTime();
    },
    decoded(bytes) {
      decoded += bytes;
      if (decoded > limits.bytes) throw tooLarge('The unpacked package', limits.bytes, 'more');
      if (decoded > RATIO_FREE_BYTES && decoded > compressed * limits.ratio) {
        throw new ArchiveError(
          'ratio',
          `The package unpacks to more than ${limits.ratio} times its size, as archives made to exhaust disks do.`,
          {
            wanted: `at most ${limits.ratio} : 1`,
            found: `${decoded} bytes from ${compressed}`,
          },
        );
      }
      checkTime();
    },
  };
}

/** Something is larger than its limit of `bytes`. */
export function tooLarge(what: string, bytes: number, found: string, entry?: string): ArchiveError {
  return new ArchiveError(
    'too_large',
    `${what} is larger than the ${bytes} bytes allowed. Make it smaller, or have the limit raised.`,
    {
      wanted: `at most ${bytes} bytes`,
      found,
      ...(entry === undefined ? {} : { entry }),
    },
  );
}
