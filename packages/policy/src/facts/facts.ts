import type { PackageType } from '@sluice/formats/package';
import type { BuildTexts } from './build-texts.ts';
import type { Digests } from './digests.ts';
import type { PackedTexts } from './packed-texts.ts';

/** A licence as a record spells it: the text, and of conda the family beside it, both as written. */
export interface LicenceText {
  license?: string;
  family?: string;
}

/**
 * What rules can see of many files at once, one column per fact, row i being file i.
 *
 * The same reader serves a whole subdir (decoded from a blob, 600,000 rows) and a single file at the door (one or two
 * rows): there is one engine. Texts that repeat are dictionaries; `name[i]` is an index into `names`.
 */
export interface Facts {
  readonly type: PackageType;
  readonly subdir: string;
  readonly count: number;
  readonly names: readonly string[];
  readonly name: Uint32Array;
  readonly versions: readonly string[];
  readonly version: Uint32Array;
  /** The build strings. Of Python a wheel's tags or `sdist`, of R `source` or `binary`. */
  readonly builds: BuildTexts;
  readonly buildNumber: Float64Array;
  readonly licences: readonly LicenceText[];
  readonly licence: Uint32Array;
  /** Of conda: what the file's dependencies say of Python, as written, one a line; mostly one, none when empty. */
  readonly pythons: readonly string[];
  readonly python: Uint32Array;
  /** When it was built, of Python and R when it was uploaded: ms since 1970, UTC; NaN when nothing says so. */
  readonly timestamp: Float64Array;
  /** Bytes; NaN when the record does not say. */
  readonly size: Float64Array;
  readonly digests: Digests;
  /** First revision of the source at which this version of the record was live. */
  readonly fromRev: Uint32Array;
  /** Bytes of the record's verbatim text. */
  readonly length: Uint32Array;
  /** Two words a row: a 64-bit hash of the record as it is listed, to see change without reading it. */
  readonly recordHash: Uint32Array;
  /** 1 where the record stands in the v3 bucket, 0 in a classic map. */
  readonly v3: Uint8Array;
  /** 1 where its index shows who signed it: of conda signatures, of Python attestations. */
  readonly signed: Uint8Array;
  /** What advisories say of the files; left out where nothing has been matched yet. */
  readonly findings?: Findings;
  /** For a legacy `.tar.bz2`: the row of its `.conda` twin in the same kind of bucket; −1 otherwise. */
  readonly twin: Int32Array;
  /** The file names. */
  readonly files: PackedTexts;
  /** The file name of row i. */
  file(i: number): string;
}

/** What advisories say of the file in a row. */
export interface Findings {
  /** The highest score of those that hit it, 0.0 to 10.0; NaN when none does. */
  score(i: number): number;
  /** Whether one hits it that no curator has looked at. */
  isUncurated(i: number): boolean;
}
