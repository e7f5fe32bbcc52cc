import type { Facts, LicenceText, PackageType } from './facts.ts';
import { packedTexts } from './packed-texts.ts';

/** One file as a reader of records hands it in. Digests are raw bytes. */
export interface FactsRow {
  file: string;
  name: string;
  version: string;
  build: string;
  buildNumber: number;
  licence: LicenceText;
  /** ms since 1970, UTC */
  timestamp?: number | undefined;
  /** bytes */
  size?: number | undefined;
  sha256?: Uint8Array | undefined;
  md5?: Uint8Array | undefined;
  fromRev: number;
  /** bytes of the record's text */
  length: number;
  recordHash: readonly [number, number];
}

/** Collects rows and gives them as columns; memory grows with the rows, never with their texts. */
export interface FactsBuilder {
  readonly count: number;
  add(row: FactsRow): void;
  /** Copy row i of other facts, without parsing anything. */
  addFrom(facts: Facts, i: number): void;
  build(): Facts;
}

const legacyExtension = '.tar.bz2';
const wordsPerRow = 9;

/** A new, empty builder for the files of one subdir. */
export function factsBuilder(type: PackageType, subdir: string): FactsBuilder {
  const names = dictionary();
  const versions = dictionary();
  const builds = dictionary();
  const licences = dictionary();
  const files = packedTexts();
  let count = 0;
  let room = 64;
  let word = new Uint32Array(room * wordsPerRow);
  let real = new Float64Array(room * 2);
  let digest = new Uint8Array(room * 48);

  function grow(): void {
    room *= 2;
    const words = new Uint32Array(room * wordsPerRow);
    words.set(word);
    word = words;
    const reals = new Float64Array(room * 2);
    reals.set(real);
    real = reals;
    const digests = new Uint8Array(room * 48);
    digests.set(digest);
    digest = digests;
  }

  function add(row: FactsRow): void {
    if (count === room) grow();
    const w = count * wordsPerRow;
    word[w] = names.id(row.name);
    word[w + 1] = versions.id(row.version);
    word[w + 2] = builds.id(row.build);
    word[w + 3] = row.buildNumber;
    word[w + 4] = licences.id(licenceKey(row.licence));
    word[w + 5] = row.fromRev;
    word[w + 6] = row.recordHash[0];
    word[w + 7] = row.recordHash[1];
    word[w + 8] = row.length;
    real[count * 2] = row.timestamp ?? Number.NaN;
    real[count * 2 + 1] = row.size ?? Number.NaN;
    if (row.sha256) digest.set(row.sha256, count * 48);
    if (row.md5) digest.set(row.md5, count * 48 + 32);
    files.add(row.file);
    count++;
  }

  return {
    get count() {
      return count;
    },
    add,
    addFrom(facts, i) {
      add({
        file: facts.file(i),
        name: facts.names[facts.name[i]!]!,
        version: facts.versions[facts.version[i]!]!,
        build: facts.builds[facts.build[i]!]!,
        buildNumber: facts.buildNumber[i]!,
        licence: facts.licences[facts.licence[i]!]!,
        timestamp: facts.timestamp[i],
        size: facts.size[i],
        sha256: facts.sha256.subarray(i * 32, i * 32 + 32),
        md5: facts.md5.subarray(i * 16, i * 16 + 16),
        fromRev: facts.fromRev[i]!,
        length: facts.length[i]!,
        recordHash: [facts.recordHash[i * 2]!, facts.recordHash[i * 2 + 1]!],
      });
    },
    build() {
      const column = (offset: number) => {
        const out = new Uint32Array(count);
        for (let i = 0; i < count; i++) out[i] = word[i * wordsPerRow + offset]!;
        return out;
      };
      const reals = (offset: number) => {
        const out = new Float64Array(count);
        for (let i = 0; i < count; i++) out[i] = real[i * 2 + offset]!;
        return out;
      };
      const recordHash = new Uint32Array(count * 2);
      const sha256 = new Uint8Array(count * 32);
      const md5 = new Uint8Array(count * 16);
      for (let i = 0; i < count; i++) {
        recordHash[i * 2] = word[i * wordsPerRow + 6]!;
        recordHash[i * 2 + 1] = word[i * wordsPerRow + 7]!;
        sha256.set(digest.subarray(i * 48, i * 48 + 32), i * 32);
        md5.set(digest.subarray(i * 48 + 32, i * 48 + 48), i * 16);
      }
      const packed = files.pack();
      return {
        type,
        subdir,
        count,
        names: names.texts,
        name: column(0),
        versions: versions.texts,
        version: column(1),
        builds: builds.texts,
        build: column(2),
        buildNumber: column(3),
        licences: licences.texts.map(licenceOfKey),
        licence: column(4),
        fromRev: column(5),
        length: column(8),
        recordHash,
        timestamp: reals(0),
        size: reals(1),
        sha256,
        md5,
        twin: twins(count, packed.at),
        file: packed.at,
      };
    },
  };
}

/** For each row of `file`, the row of its `.conda` twin when it is a `.tar.bz2` that has one; −1 otherwise. */
export function twins(count: number, file: (i: number) => string): Int32Array {
  const twin = new Int32Array(count).fill(-1);
  const legacy = new Map<string, number>();
  for (let i = 0; i < count; i++) {
    const name = file(i);
    if (name.endsWith(legacyExtension)) legacy.set(name.slice(0, -legacyExtension.length), i);
  }
  if (legacy.size === 0) return twin;
  for (let i = 0; i < count; i++) {
    const name = file(i);
    if (!name.endsWith('.conda')) continue;
    const old = legacy.get(name.slice(0, -'.conda'.length));
    if (old !== undefined) twin[old] = i;
  }
  return twin;
}

interface Dictionary {
  texts: string[];
  id(text: string): number;
}

function dictionary(): Dictionary {
  const ids = new Map<string, number>();
  const texts: string[] = [];
  return {
    texts,
    id(text) {
      let id = ids.get(text);
      if (id === undefined) {
        id = texts.length;
        ids.set(text, id);
        texts.push(text);
      }
      return id;
    },
  };
}

const absent = '\u0000';

/** One text for a licence and its family, so that the pair can be a dictionary word. */
export function licenceKey(licence: LicenceText): string {
  return `${licence.license ?? absent}\n${licence.family ?? absent}`;
}

/** The reverse of {@link licenceKey}. */
export function licenceOfKey(key: string): LicenceText {
  const cut = key.lastIndexOf('\n');
  const license = key.slice(0, cut);
  const family = key.slice(cut + 1);
  return { ...(license === absent ? {} : { license }), ...(family === absent ? {} : { family }) };
}
