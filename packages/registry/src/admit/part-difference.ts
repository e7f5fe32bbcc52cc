import type { RefusedRecord } from '@sluice/catalog';
import { readRecord } from '@sluice/formats/conda';
import { FormatError } from '@sluice/formats/errors';
import {
  type Facts,
  factsBuilder,
  factsRowOf,
  fileRowsOf,
  type ListedWith,
  mergedFacts,
  recordHash,
  rowsByName,
} from '@sluice/policy';
import { RegistryError } from '../errors.ts';
import { changeSet } from './change-set.ts';
import { expectedRow, recordEnd } from './expected-row.ts';

/** What became of one listed record. `word`: its 64-bit hash as two halves; absent when it was refused. */
export interface TakenRecord {
  /** Whether its text must be written. */
  isNew: boolean;
  v3: boolean;
  word?: readonly [number, number];
}

/** Compares what is listed now with the facts of the state before; memory holds columns, never texts. */
export interface PartDifference {
  /** @throws {RegistryError} `index_duplicate_file`. */
  take(file: string, body: Uint8Array, extra?: ListedWith): TakenRecord;
  /**
   * Take the record that stands here unread when it is the one that came next before, with the same text.
   *
   * @param at where its key's opening quote stands in a piece of an index in JSON, in a classic map.
   * @param listedWith what a file is listed with, beside its text; absent when that is nothing.
   * @returns the index behind its text; 0 when it must be read and taken.
   */
  takeExpected(chunk: Uint8Array, at: number, listedWith?: (file: string) => ListedWith): number;
  /** Leave out what is no record of its file. */
  refuse(file: string, reason: string): void;
  /** A file is not listed any more. */
  gone(file: string): void;
  /** The files of a package name are listed anew: those not taken again are gone. */
  renew(name: string): void;
  readonly refused: readonly RefusedRecord[];
  /** Whether this file was spoken of. */
  isTouched(file: string): boolean;
  counts(): { records: number; added: number; updated: number; removed: number };
  /** Files whose live version ends: changed or gone. */
  ended(): string[];
  /** The facts as they are now. */
  facts(): Facts;
  /** The digest of what changed, see {@link changeSet}. */
  digest(): Uint8Array;
}

// What is known of a row of the state before. Below `same` nothing was heard of it.
const unheard = 0;
const resting = 1;
const same = 2;
const changed = 3;

/**
 * @param rest what happens to files that nobody speaks of.
 * @param revision at which new versions begin.
 * @param expected about how many records will come.
 */
export function partDifference(
  previous: Facts | undefined,
  { subdir, revision, rest, expected }: { subdir: string; revision: number; rest: 'gone' | 'kept'; expected: number },
): PartDifference {
  const before = previous ?? factsBuilder(subdir).build();
  const factsRow = factsRowOf(subdir);
  const rowOf = fileRowsOf(before);
  const states = new Uint8Array(before.count).fill(rest === 'gone' ? unheard : resting);
  const added = factsBuilder(subdir, previous ? undefined : expected);
  const changes = changeSet(previous ? undefined : expected);
  const refused: RefusedRecord[] = [];
  const touchedFiles = new Set<string>();
  const renewed = new Set<string>();
  const expectation = expectedRow();
  let rowsOfName: ((name: string) => Iterable<number>) | undefined;
  let fresh = 0;

  function take(file: string, body: Uint8Array, extra: ListedWith = {}): TakenRecord {
    if (rest === 'kept') touchedFiles.add(file);
    const row = rowOf(file);
    expectation.came(row);
    if (row >= 0) {
      if (states[row]! >= same) throw duplicateFile(file);
      const unchanged = isUnchanged(row, file, body, extra);
      states[row] = unchanged ? same : changed;
      if (unchanged) return unchanged;
    }
    try {
      const facts = factsRow(file, body, revision, extra);
      added.add(facts);
      changes.begin(facts.recordHash);
      if (row < 0) fresh++;
      return { isNew: true, v3: facts.v3 ?? false, word: facts.recordHash };
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      refused.push({ file, reason: error.message });
      return { isNew: false, v3: false };
    }
  }

  function takenAs(row: number, chunk: Uint8Array, at: number, listedWith?: (file: string) => ListedWith): number {
    if (row >= before.count || states[row]! >= same || before.v3[row] === 1) return 0;
    const end = recordEnd(before, row, { chunk, at }, listedWith);
    if (end > 0) {
      states[row] = same;
      expectation.came(row);
    }
    return end;
  }

  function isUnchanged(row: number, file: string, body: Uint8Array, extra: ListedWith): TakenRecord | undefined {
    if (before.length[row] !== body.byteLength) return undefined;
    const wasV3 = before.v3[row] === 1;
    // Where it stands may have made it v3 before, so what its text needs counts.
    const v3 = extra.v3 === true || (wasV3 && readRecord(body).v3);
    if (v3 !== wasV3) return undefined;
    const word = recordHash(file, body, { ...extra, v3 });
    const known = before.recordHash[row * 2] === word[0] && before.recordHash[row * 2 + 1] === word[1];
    return known ? { isNew: false, v3, word } : undefined;
  }

  const countOf = (state: number) => {
    let count = 0;
    for (const one of states) if (one === state) count++;
    return count;
  };
  function* endedRows() {
    for (let row = 0; row < states.length; row++) if (states[row] === changed || states[row] === unheard) yield row;
  }

  return {
    take,
    takeExpected: (chunk, at, listedWith) =>
      takenAs(expectation.here(), chunk, at, listedWith) || takenAs(expectation.aside(), chunk, at, listedWith),
    refused,
    refuse(file, reason) {
      if (rest === 'kept') touchedFiles.add(file);
      refused.push({ file, reason });
    },
    gone(file) {
      touchedFiles.add(file);
      const row = rowOf(file);
      if (row >= 0 && states[row] === resting) states[row] = unheard;
    },
    renew(name) {
      renewed.add(name);
      rowsOfName ??= rowsByName(before);
      for (const row of rowsOfName(name)) if (states[row] === resting) states[row] = unheard;
    },
    isTouched: (file) => touchedFiles.has(file) || renewed.has(nameOf(file)),
    counts() {
      const removed = countOf(unheard);
      const updated = countOf(changed);
      const kept = before.count - removed - updated;
      return { records: kept + added.count, added: fresh, updated, removed };
    },
    ended: () => Array.from(endedRows(), before.file),
    digest() {
      for (const row of endedRows()) changes.end([before.recordHash[row * 2]!, before.recordHash[row * 2 + 1]!]);
      return changes.digest(subdir);
    },
    facts() {
      if (before.count === 0) return added.build();
      const kept = states.map((state) => (state === same || state === resting ? 1 : 0));
      return mergedFacts(before, kept, added.build());
    },
  };
}

/** The package name in a file name, in lower case; of anything that looks like one. */
export function nameOf(file: string): string {
  const stem = file.replace(/\.(conda|tar\.bz2|whl)$/, '');
  const beforeBuild = stem.lastIndexOf('-');
  return stem.slice(0, Math.max(0, stem.lastIndexOf('-', beforeBuild - 1))).toLowerCase();
}

/** The refusal of an index that is of two minds about a file. */
export function duplicateFile(file = 'a file'): RegistryError {
  return new RegistryError('index_duplicate_file', `The index lists ${file} twice; it was refused as a whole.`, {
    wanted: 'each file once',
    found: file,
  });
}
