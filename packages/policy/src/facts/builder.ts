import { packageTypeOf } from '@sluice/formats/package';
import { buildIn, buildTexts } from './build-texts.ts';
import { digestsIn, widths } from './digests.ts';
import type { Facts, LicenceText } from './facts.ts';
import { fileRows } from './file-rows.ts';
import { type PackedTexts, packedTexts } from './packed-texts.ts';

/** One file as a reader of records hands it in. Digests are raw bytes. */
export interface FactsRow {
  file: string;
  name: string;
  version: string;
  build: string;
  buildNumber: number;
  licence: LicenceText;
  /** What dependencies say of Python, one a line. Of conda only. */
  python?: string;
  /** ms since 1970, UTC */
  timestamp?: number | undefined;
  /** bytes */
  size?: number | undefined;
  sha256?: Uint8Array | undefined;
  md5?: Uint8Array | undefined;
  fromRev: number;
  /** bytes of the record's text */
  length: number;
  /** Whether it stands in the v3 bucket. */
  v3?: boolean | undefined;
  /** Whether its index shows who signed it. */
  signed?: boolean | undefined;
  recordHash: readonly [number, number];
}

/** Collects rows and gives them as columns; memory grows with the rows, never with their texts. */
export interface FactsBuilder {
  readonly subdir: string;
  readonly count: number;
  add(row: FactsRow): void;
  build(): Facts;
}

const legacyExtension = '.tar.bz2';

/**
 * A new, empty builder for the files of one part of a source, mostly a conda subdir.
 *
 * @param expected about how many rows will come, if that is known: the columns then need not grow, which for a moment would
 *   cost them twice. Too many cost nothing: the system hands out memory at the first touch.
 */
export function factsBuilder(subdir: string, expected = 63): FactsBuilder {
  const names = dictionary();
  const versions = dictionary();
  const builds = dictionary();
  const licences = dictionary();
  const pythons = dictionary();
  const files = packedTexts(expected);
  let room = expected + 1;
  const columns = newColumns(room);
  let count = 0;

  function grow(): void {
    room *= 2;
    const larger = newColumns(room);
    for (const key of Object.keys(columns) as (keyof Columns)[]) larger[key].set(columns[key]);
    Object.assign(columns, larger);
  }

  // Rows of one package come one after the other, and readers hand in the same object for the same licence.
  let lastLicence: LicenceText | undefined;
  let lastLicenceId = 0;

  function licenceId(licence: LicenceText): number {
    if (licence !== lastLicence) lastLicenceId = licences.id(licenceKey(licence));
    lastLicence = licence;
    return lastLicenceId;
  }

  function add(row: FactsRow): void {
    if (count === room) grow();
    columns.name[count] = names.id(row.name);
    columns.version[count] = versions.id(row.version);
    columns.buildNumber[count] = row.buildNumber;
    columns.licence[count] = licenceId(row.licence);
    columns.python[count] = pythons.id(row.python ?? '');
    columns.fromRev[count] = row.fromRev;
    columns.length[count] = row.length;
    columns.v3[count] = row.v3 ? 1 : 0;
    columns.signed[count] = row.signed ? 1 : 0;
    columns.recordHash[count * 2] = row.recordHash[0];
    columns.recordHash[count * 2 + 1] = row.recordHash[1];
    columns.timestamp[count] = row.timestamp ?? Number.NaN;
    columns.size[count] = row.size ?? Number.NaN;
    if (row.sha256) columns.sha256.set(row.sha256, count * widths.sha256);
    if (row.md5) columns.md5.set(row.md5, count * widths.md5);
    columns.build[count] = row.build === buildIn(row.file) ? 0 : builds.id(row.build) + 1;
    files.add(row.file);
    count++;
  }

  return {
    subdir,
    get count() {
      return count;
    },
    add,
    build() {
      const packed = files.pack();
      return {
        type: packageTypeOf(subdir),
        subdir,
        count,
        names: names.texts,
        name: columns.name.subarray(0, count),
        versions: versions.texts,
        version: columns.version.subarray(0, count),
        builds: buildTexts(packed, columns.build.subarray(0, count), builds.texts),
        buildNumber: columns.buildNumber.subarray(0, count),
        licences: licences.texts.map(licenceOfKey),
        licence: columns.licence.subarray(0, count),
        pythons: pythons.texts,
        python: columns.python.subarray(0, count),
        fromRev: columns.fromRev.subarray(0, count),
        length: columns.length.subarray(0, count),
        recordHash: columns.recordHash.subarray(0, count * 2),
        timestamp: columns.timestamp.subarray(0, count),
        size: columns.size.subarray(0, count),
        digests: digestsIn([{ sha256: columns.sha256, md5: columns.md5, from: 0, to: count }]),
        v3: columns.v3.subarray(0, count),
        signed: columns.signed.subarray(0, count),
        twin: twins(packed, count, columns.v3),
        files: packed,
        file: packed.at,
      };
    },
  };
}

function newColumns(rows: number) {
  return {
    name: new Uint32Array(rows),
    version: new Uint32Array(rows),
    build: new Uint32Array(rows),
    // A float holds every whole number that JSON can: some channels make build numbers of dates and times.
    buildNumber: new Float64Array(rows),
    licence: new Uint32Array(rows),
    python: new Uint32Array(rows),
    fromRev: new Uint32Array(rows),
    length: new Uint32Array(rows),
    recordHash: new Uint32Array(rows * 2),
    timestamp: new Float64Array(rows),
    size: new Float64Array(rows),
    sha256: new Uint8Array(rows * widths.sha256),
    md5: new Uint8Array(rows * widths.md5),
    v3: new Uint8Array(rows),
    signed: new Uint8Array(rows),
  };
}

type Columns = ReturnType<typeof newColumns>;

/**
 * For each row of `file`, the row of its `.conda` twin when it is a `.tar.bz2` that has one; −1 otherwise. A v3 record is no
 * twin of a classic one: older clients do not see it.
 */
function twins(files: PackedTexts, count: number, v3: Uint8Array): Int32Array {
  const twin = new Int32Array(count).fill(-1);
  let rowOf: ReturnType<typeof fileRows> | undefined;
  for (let i = 0; i < count; i++) {
    // Nothing else ends in "2", and most names need not be read.
    if (files.bytes[files.offsets[i + 1]! - 1] !== two) continue;
    rowOf ??= fileRows(files, count);
    const found = rowOf(`${files.at(i).slice(0, -legacyExtension.length)}.conda`);
    if (found >= 0 && v3[found] === v3[i]) twin[i] = found;
  }
  return twin;
}

const two = 0x32;

interface Dictionary {
  texts: string[];
  id(text: string): number;
}

function dictionary(): Dictionary {
  const ids = new Map<string, number>();
  const texts: string[] = [];
  let last: string | undefined;
  let lastId = 0;
  return {
    texts,
    id(text) {
      if (text === last) return lastId;
      let id = ids.get(text);
      if (id === undefined) {
        id = texts.length;
        ids.set(text, id);
        texts.push(text);
      }
      last = text;
      lastId = id;
      return id;
    },
  };
}

/** One text for a licence and its family, so that the pair can be a dictionary word. */
export function licenceKey({ license, family }: LicenceText): string {
  return JSON.stringify([license ?? null, family ?? null]);
}

/** The reverse of {@link licenceKey}. */
export function licenceOfKey(key: string): LicenceText {
  const [license, family] = JSON.parse(key) as [string | null, string | null];
  return { ...(license === null ? {} : { license }), ...(family === null ? {} : { family }) };
}
