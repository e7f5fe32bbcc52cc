import { excerpt, FormatError } from '../errors.ts';
import { type JsonObject, type JsonValue, kindOf, parseJsonObject } from './json.ts';
import { countOf, textOf } from './json-fields.ts';
import { readNoarch, readTimestamp } from './record.ts';

/** A package's `info/index.json`. `raw` keeps every key, known or not. */
export interface IndexJson {
  name: string;
  version: string;
  build: string;
  build_number: number;
  /** Undefined in packages older than 2016. */
  subdir: string | undefined;
  noarch: 'python' | 'generic' | undefined;
  depends: string[];
  constrains: string[];
  license: string | undefined;
  license_family: string | undefined;
  /** When it was built, in milliseconds. */
  timestamp: number | undefined;
  /** 1 when absent; from 3 on the record belongs into the `v3` maps only (CEP 48). */
  schema_version: number;
  raw: JsonObject;
}

/**
 * Read and check `info/index.json`, more strictly than a repodata record: a package that comes in is refused for what
 * an upstream's index is forgiven.
 *
 * @throws {FormatError} `index_json` naming the key, what it must be and what stands there.
 * @see CEP 34 https://conda.org/learn/ceps/cep-0034
 */
export function parseIndexJson(document: Uint8Array | string): IndexJson {
  const raw = parseJsonObject(document, 'info/index.json', 'index_json');
  return {
    name: requiredText(raw, 'name'),
    version: requiredText(raw, 'version'),
    build: requiredText(raw, 'build'),
    build_number: readBuildNumber(raw.build_number),
    subdir: optionalText(raw, 'subdir'),
    noarch: checkNoarch(raw.noarch),
    depends: textList(raw, 'depends'),
    constrains: textList(raw, 'constrains'),
    license: optionalText(raw, 'license'),
    license_family: optionalText(raw, 'license_family'),
    timestamp: readTimestamp(raw.timestamp),
    schema_version: countOf(raw.schema_version) ?? 1,
    raw,
  };
}

function requiredText(raw: JsonObject, key: string): string {
  return textOf(raw[key]) ?? refuse(key, 'a string', raw[key]);
}

function optionalText(raw: JsonObject, key: string): string | undefined {
  const value = raw[key];
  if (value === undefined || value === null || value === '') return undefined;
  return textOf(value) ?? refuse(key, 'a string', value);
}

function textList(raw: JsonObject, key: string): string[] {
  const value = raw[key] ?? [];
  if (!Array.isArray(value)) return refuse(key, 'a list of strings', value);
  return value.map((item) => (typeof item === 'string' ? item : refuse(key, 'a list of strings', item)));
}

function readBuildNumber(value: JsonValue | undefined): number {
  if (value === undefined || value === null) return 0;
  return countOf(value) ?? refuse('build_number', 'a whole number from 0 up', value);
}

function checkNoarch(value: JsonValue | undefined): 'python' | 'generic' | undefined {
  if (value === undefined || value === null || value === false) return undefined;
  return readNoarch(value) ?? refuse('noarch', '"python", "generic" or nothing', value);
}

function refuse(key: string, wanted: string, value: JsonValue | undefined): never {
  throw new FormatError('index_json', `${key} in info/index.json must be ${wanted}: build the package again.`, {
    wanted: `${key}: ${wanted}`,
    found: typeof value === 'string' ? excerpt(value) : kindOf(value),
  });
}
