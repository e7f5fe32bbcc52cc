import { type Md5, parseMd5, parseSha256, type Sha256 } from '../digest/index.ts';
import { FormatError } from '../errors.ts';
import { type JsonObject, type JsonValue, kindOf, parseJsonObject } from './json.ts';
import { countOf, textOf, textsOf } from './json-fields.ts';
import { readFeatures } from './match-spec.ts';
import { needsV3 } from './repodata-document.ts';
import { toMilliseconds } from './timestamp.ts';

/**
 * What rules, indexes and solvers need of one repodata record, under the names of the wire. The record's text stays the
 * truth: this is a view of it that never fails over what old or careless writers left behind. It is a `MatchFields`.
 */
export interface CondaRecord {
  name: string;
  version: string;
  build: string;
  /** 0 when the record has none. */
  build_number: number;
  subdir: string | undefined;
  /** The legacy `noarch: true` reads as `generic`. */
  noarch: 'python' | 'generic' | undefined;
  /** MatchSpecs as written, also such as no reader understands. */
  depends: string[];
  constrains: string[];
  license: string | undefined;
  license_family: string | undefined;
  /** Sorted, whether written as one string or as a list. */
  track_features: string[];
  features: string[];
  /** Variant flags (CEP 45). */
  flags: string[];
  /** When it was built, in milliseconds. */
  timestamp: number | undefined;
  /** When its channel first listed it, in milliseconds (CEP 47). */
  indexed_timestamp: number | undefined;
  /** Undefined too when what stands there is no digest. */
  md5: Md5 | undefined;
  sha256: Sha256 | undefined;
  /** Bytes. */
  size: number | undefined;
  purls: string[];
  /** Whether older clients would misread it: it belongs into the `v3` maps only (CEP 48). */
  v3: boolean;
  /** Kept, but made unsatisfiable by the channel's patches. */
  revoked: boolean;
}

/**
 * Read one record of a repodata document.
 *
 * Tolerates what upstream channels hold: missing and null fields, `noarch: true`, features as a list, timestamps in
 * seconds, missing or broken digests, MatchSpecs that do not parse.
 *
 * @throws {FormatError} `record_shape` when it is not a JSON object or lacks name, version or build.
 * @see CEP 36 https://conda.org/learn/ceps/cep-0036
 */
export function readRecord(record: Uint8Array | string): CondaRecord {
  return viewRecord(parseJsonObject(record, 'A repodata record', 'record_shape'));
}

/**
 * The view of a record that is parsed already.
 *
 * @throws {FormatError} `record_shape` when it lacks name, version or build.
 */
export function viewRecord(record: JsonObject): CondaRecord {
  return {
    name: required(record, 'name'),
    version: required(record, 'version'),
    build: required(record, 'build'),
    build_number: countOf(record.build_number) ?? 0,
    subdir: textOf(record.subdir),
    noarch: readNoarch(record.noarch),
    depends: textsOf(record.depends),
    constrains: textsOf(record.constrains),
    license: textOf(record.license),
    license_family: textOf(record.license_family),
    track_features: featuresOf(record.track_features),
    features: featuresOf(record.features),
    flags: textsOf(record.flags),
    timestamp: readTimestamp(record.timestamp),
    indexed_timestamp: readTimestamp(record.indexed_timestamp),
    md5: readDigest(record.md5, parseMd5),
    sha256: readDigest(record.sha256, parseSha256),
    size: countOf(record.size),
    purls: textsOf(record.purls),
    v3: needsV3(record),
    revoked: record.revoked === true,
  };
}

/** A `noarch` field; the legacy `true` means `generic`. Any other word counts as not noarch. */
export function readNoarch(value: JsonValue | undefined): 'python' | 'generic' | undefined {
  if (value === true) return 'generic';
  return value === 'python' || value === 'generic' ? value : undefined;
}

/** A timestamp in milliseconds, whatever unit it was written in; undefined when there is none. */
export function readTimestamp(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' && value > 0 && value <= Number.MAX_SAFE_INTEGER ? toMilliseconds(value) : undefined;
}

function featuresOf(value: JsonValue | undefined): string[] {
  return readFeatures(typeof value === 'string' ? value : textsOf(value));
}

function readDigest<T>(value: JsonValue | undefined, parse: (text: string) => T): T | undefined {
  if (typeof value !== 'string') return undefined;
  try {
    return parse(value);
  } catch {
    return undefined;
  }
}

function required(record: JsonObject, key: 'name' | 'version' | 'build'): string {
  const value = record[key];
  if (typeof value === 'string' && value !== '') return value;
  throw new FormatError('record_shape', `A repodata record needs a ${key}: the source must index the package again.`, {
    wanted: `${key} as a string`,
    found: kindOf(value),
  });
}
