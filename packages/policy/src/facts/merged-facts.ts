import { buildTexts } from './build-texts.ts';
import { digestRows, digestsIn } from './digests.ts';
import type { Facts } from './facts.ts';
import { fileRowsOf } from './file-rows.ts';
import { type PackedTexts, readTexts } from './packed-texts.ts';

const legacyExtension = '.tar.bz2';

/**
 * Facts without some rows and with others behind them. Columns are copied in runs, nothing is parsed: the cost is that
 * of moving the bytes. Digests stay where they lie.
 *
 * @param kept one byte a row of `base`: 0 for the rows to leave out.
 */
export function mergedFacts(base: Facts, kept: Uint8Array, added: Facts): Facts {
  const runs = runsOf(kept, base.count);
  const before = runs.reduce((sum, [from, to]) => sum + to - from, 0);
  const count = before + added.count;
  const [names, nameIds] = joined(base.names, added.names, (text) => text);
  const [versions, versionIds] = joined(base.versions, added.versions, (text) => text);
  const [builds, buildIds] = joined(base.builds.words, added.builds.words, (text) => text);
  const [licences, licenceIds] = joined(base.licences, added.licences, (text) => JSON.stringify(text));
  const [pythons, pythonIds] = joined(base.pythons, added.pythons, (text) => text);

  type Column = Uint8Array | Uint32Array | Float64Array;
  const column = <T extends Column>(one: T, other: T, width: number, ids?: Uint32Array): T => {
    const all = new (one.constructor as new (length: number) => T)(count * width);
    let at = 0;
    for (const [from, to] of runs) {
      all.set(one.subarray(from * width, to * width) as never, at);
      at += (to - from) * width;
    }
    if (ids) for (let i = 0; i < added.count; i++) all[at + i] = ids[other[i]!]!;
    else all.set(other as never, at);
    return all;
  };
  const files = joinedTexts(base.files, runs, added.files, count);
  const v3 = column(base.v3, added.v3, 1);
  return {
    type: base.type,
    subdir: base.subdir,
    count,
    names,
    versions,
    licences,
    pythons,
    name: column(base.name, added.name, 1, nameIds),
    version: column(base.version, added.version, 1, versionIds),
    builds: buildTexts(files, column(base.builds.ids, added.builds.ids, 1, behindNone(buildIds)), builds),
    buildNumber: column(base.buildNumber, added.buildNumber, 1),
    licence: column(base.licence, added.licence, 1, licenceIds),
    python: column(base.python, added.python, 1, pythonIds),
    timestamp: column(base.timestamp, added.timestamp, 1),
    size: column(base.size, added.size, 1),
    digests: digestsIn([...digestRows(base.digests, runs), ...added.digests.runs]),
    fromRev: column(base.fromRev, added.fromRev, 1),
    recordHash: column(base.recordHash, added.recordHash, 2),
    length: column(base.length, added.length, 1),
    signed: column(base.signed, added.signed, 1),
    twin: settledTwins(base, runs, added, { kept, files, v3 }),
    v3,
    files,
    file: files.at,
  };
}

type Run = readonly [from: number, to: number];

function runsOf(kept: Uint8Array, count: number): Run[] {
  const runs: Run[] = [];
  for (let i = 0; i < count; ) {
    while (i < count && kept[i] === 0) i++;
    const from = i;
    while (i < count && kept[i] !== 0) i++;
    if (i > from) runs.push([from, i]);
  }
  return runs;
}

/** Two dictionaries as one, and where the words of the second are in it. */
function joined<T>(one: readonly T[], other: readonly T[], key: (word: T) => string): [T[], Uint32Array] {
  const ids = new Map(one.map((word, id) => [key(word), id]));
  const all = [...one];
  const moved = Uint32Array.from(other, (word) => {
    const known = ids.get(key(word));
    if (known !== undefined) return known;
    return all.push(word) - 1;
  });
  return [all, moved];
}

/** Where the first id means none of the words. */
function behindNone(ids: Uint32Array): Uint32Array {
  const all = new Uint32Array(ids.length + 1);
  for (let i = 0; i < ids.length; i++) all[i + 1] = ids[i]! + 1;
  return all;
}

function joinedTexts(one: PackedTexts, runs: readonly Run[], other: PackedTexts, count: number): PackedTexts {
  const lengthOf = ({ offsets }: PackedTexts, from: number, to: number) => offsets[to]! - offsets[from]!;
  const all: (readonly [PackedTexts, number, number])[] = runs.map(([from, to]) => [one, from, to] as const);
  all.push([other, 0, other.offsets.length - 1]);
  const bytes = new Uint8Array(all.reduce((sum, [texts, from, to]) => sum + lengthOf(texts, from, to), 0));
  const offsets = new Uint32Array(count + 1);
  let [row, end] = [0, 0];
  for (const [texts, from, to] of all) {
    bytes.set(texts.bytes.subarray(texts.offsets[from], texts.offsets[to]), end);
    const shift = end - texts.offsets[from]!;
    for (let i = from; i < to; i++) offsets[++row] = texts.offsets[i + 1]! + shift;
    end = offsets[row]!;
  }
  return readTexts(bytes, offsets);
}

/**
 * The twins of `base` at their new places, and those of the rows that came: they are found among themselves and in `base`, by
 * their names.
 */
function settledTwins(
  base: Facts,
  runs: readonly Run[],
  added: Facts,
  { kept, files, v3 }: { kept: Uint8Array; files: PackedTexts; v3: Uint8Array },
): Int32Array {
  const places = new Int32Array(base.count).fill(-1);
  let before = 0;
  for (const [from, to] of runs) for (let i = from; i < to; i++) places[i] = before++;
  const twin = new Int32Array(v3.length).fill(-1);
  for (let i = 0; i < base.count; i++) {
    const other = base.twin[i]!;
    if (kept[i] !== 0 && other >= 0) twin[places[i]!] = places[other]!;
  }
  if (base.type !== 'conda' || added.count === 0) return twin;
  const rowOf = { base: fileRowsOf(base), added: fileRowsOf(added) };
  const placeOf = (file: string) => {
    const came = rowOf.added(file);
    if (came >= 0) return before + came;
    const stayed = rowOf.base(file);
    return stayed < 0 ? -1 : places[stayed]!;
  };
  for (let i = before; i < v3.length; i++) {
    const file = files.at(i);
    const isLegacy = file.endsWith(legacyExtension);
    const other = placeOf(
      isLegacy ? `${stemOf(file, legacyExtension)}.conda` : stemOf(file, '.conda') + legacyExtension,
    );
    if (other < 0) continue;
    const [legacy, newFormat] = isLegacy ? [i, other] : [other, i];
    twin[legacy] = v3[legacy] === v3[newFormat] ? newFormat : -1;
  }
  return twin;
}

function stemOf(file: string, extension: string): string {
  return file.slice(0, -extension.length);
}
