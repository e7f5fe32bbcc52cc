import { bytesToHex } from '@sluice/formats/digest';

/**
 * The digests of files, one of each kind a row. They are more than a quarter of all columns and hardly ever asked for, so what changes a few
 * rows shares the memory of the others instead of copying it.
 */
export interface Digests {
  /** 32 raw bytes; undefined when the record of row i has none. */
  sha256(i: number): Uint8Array | undefined;
  /** 16 raw bytes; undefined when the record of row i has none. */
  md5(i: number): Uint8Array | undefined;
  /** Where they lie, in the order of the rows. */
  readonly runs: readonly DigestRun[];
}

/** Rows `from` to `to` (exclusive) of two columns; all zero where a record has no digest. */
export interface DigestRun {
  readonly sha256: Uint8Array;
  readonly md5: Uint8Array;
  readonly from: number;
  readonly to: number;
}

/** A digest as lower-case hex; undefined when the record of row i has none. */
export function hexAt(digests: Digests, kind: Kind, i: number): string | undefined {
  const digest = digests[kind](i);
  return digest && bytesToHex(digest);
}

/** Bytes a row. */
export const widths = { sha256: 32, md5: 16 } as const;

type Kind = keyof typeof widths;

/** Columns that are kept for the rows that are left of them, */
const mostColumns = 8;
/** and rows that they may have for each of these. */
const mostHeld = 3;

/** Rows that a run has on average; a search in shorter ones costs more than the copy saves. */
const fewestRows = 16;

/** Digests that lie in these runs, one behind the other. Of too many they make one. */
export function digestsIn(runs: readonly DigestRun[]): Digests {
  const count = countOf(runs);
  const columns = new Set(runs.map(({ sha256 }) => sha256));
  const held = [...columns].reduce((rows, { length }) => rows + length / widths.sha256, 0);
  const isScattered = runs.length > 1 && runs.length * fewestRows > count;
  const isTooMuch = columns.size > mostColumns || held > count * mostHeld;
  return isTooMuch || isScattered ? found(joined(runs, count)) : found(runs);
}

/** Some of the rows, ascending spans of them (ends exclusive), where they lie. */
export function digestRows({ runs }: Digests, spans: readonly (readonly [from: number, to: number])[]): DigestRun[] {
  const rows: DigestRun[] = [];
  let k = 0;
  let begin = 0;
  for (const [from, to] of spans) {
    for (; k < runs.length; k++) {
      const run = runs[k]!;
      const end = begin + run.to - run.from;
      const [first, last] = [Math.max(from, begin), Math.min(to, end)];
      const shift = run.from - begin;
      if (first < last) rows.push({ ...run, from: first + shift, to: last + shift });
      if (end > to) break;
      begin = end;
    }
  }
  return rows;
}

/** One kind of digest of all rows, in pieces. */
export function digestPieces({ runs }: Digests, kind: Kind): Uint8Array[] {
  return runs.map((run) => run[kind].subarray(run.from * widths[kind], run.to * widths[kind]));
}

function found(runs: readonly DigestRun[]): Digests {
  const ends = new Uint32Array(runs.length);
  runs.forEach(({ from, to }, k) => {
    ends[k] = (ends[k - 1] ?? 0) + to - from;
  });

  function at(kind: Kind, i: number): Uint8Array | undefined {
    let [low, high] = [0, runs.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (i < ends[middle]!) high = middle;
      else low = middle + 1;
    }
    const run = runs[low];
    if (!run) return undefined;
    const row = run.to - ends[low]! + i;
    const digest = run[kind].subarray(row * widths[kind], (row + 1) * widths[kind]);
    return digest.some((byte) => byte !== 0) ? digest : undefined;
  }

  return { sha256: (i) => at('sha256', i), md5: (i) => at('md5', i), runs };
}

function joined(runs: readonly DigestRun[], count: number): DigestRun[] {
  const all = { sha256: new Uint8Array(count * widths.sha256), md5: new Uint8Array(count * widths.md5) };
  let at = 0;
  for (const { sha256, md5, from, to } of runs) {
    all.sha256.set(sha256.subarray(from * widths.sha256, to * widths.sha256), at * widths.sha256);
    all.md5.set(md5.subarray(from * widths.md5, to * widths.md5), at * widths.md5);
    at += to - from;
  }
  return [{ ...all, from: 0, to: count }];
}

function countOf(runs: readonly DigestRun[]): number {
  return runs.reduce((sum, { from, to }) => sum + to - from, 0);
}
