import { FormatError } from '../errors.ts';
import { isJsonObject, type JsonValue, kindOf, parseJson } from './json.ts';

const KINDS = ['noarch', 'strong', 'strong_constrains', 'weak', 'weak_constrains'] as const;

/** What a package adds to the requirements of whatever is built with it: MatchSpecs by kind. Absent kinds export nothing. */
export type RunExports = { [kind in (typeof KINDS)[number]]?: string[] };

/**
 * Read `info/run_exports.json`.
 *
 * @throws {FormatError} `run_exports_json`.
 * @see CEP 12 https://conda.org/learn/ceps/cep-0012
 */
export function parseRunExports(document: Uint8Array | string): RunExports {
  return toRunExports(parseJson(document, 'info/run_exports.json', 'run_exports_json'));
}

/**
 * Run exports out of a parsed value. A bare list or string means `weak`; null means none; unknown kinds are dropped.
 *
 * @throws {FormatError} `run_exports_json`.
 */
export function toRunExports(value: JsonValue): RunExports {
  if (value === null) return {};
  if (!isJsonObject(value)) return { weak: specs(value, 'weak') };
  const exports: RunExports = {};
  for (const kind of KINDS) {
    const list = value[kind];
    if (list !== undefined && list !== null) exports[kind] = specs(list, kind);
  }
  return exports;
}

/** Whether nothing at all is exported. */
export function exportsNothing(exports: RunExports): boolean {
  return KINDS.every((kind) => (exports[kind] ?? []).length === 0);
}

function specs(value: JsonValue, kind: string): string[] {
  const list = typeof value === 'string' ? [value] : value;
  if (Array.isArray(list) && list.every((item) => typeof item === 'string')) return list;
  throw new FormatError('run_exports_json', `${kind} in info/run_exports.json must be a list of MatchSpecs.`, {
    wanted: 'a list of strings',
    found: kindOf(value),
  });
}
