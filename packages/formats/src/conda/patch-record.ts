import { encodeUtf8 } from '../utf8.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseJson, parseJsonObject, writeJson } from './json.ts';
import { textsOf } from './json-fields.ts';
import type { PatchInstructions } from './patch-instructions.ts';
import { toRunExports } from './run-exports.ts';

/** What a record is listed with, beside its text. */
export interface PatchedExtra {
  /** Whether it stands in the v3 maps. */
  v3?: boolean | undefined;
  /** Its run exports as JSON text; null or absent when they are not known. */
  runExports?: Uint8Array | null | undefined;
}

/** A record as the channel shows it, or that it shows it no more. */
export type PatchedRecord =
  | { readonly status: 'kept'; readonly body: Uint8Array; readonly runExports: Uint8Array | null }
  | { readonly status: 'removed' };

/** The dependency nothing satisfies. */
const revokedDependency = 'package_has_been_revoked';
/** Lists or maps to rattler, which gives up a whole shard over a null in their place. Without the key all clients see none. */
const neverNull = new Set(['constrains', 'extra_depends', 'flags', 'track_features']);
const removed: PatchedRecord = { status: 'removed' };

/**
 * One record as the instructions leave it, as conda-index applies them: fixes of `packages` on a `.tar.bz2` and on the
 * `.conda` of the same stem, then those of `packages.conda`, then revocation, then removal. Keys are added or replaced,
 * lists as a whole, objects key by key; null is kept as null (as `neverNull` says, some keys go away instead).
 *
 * A record that nothing changes keeps its very bytes (the same array); a changed one is written sorted and compact.
 *
 * @param instructions undefined for a subdir without any.
 * @throws {FormatError} `record_shape` when a file that is named has a record that is no JSON object.
 */
export function patchRecord(
  instructions: PatchInstructions | undefined,
  file: string,
  body: Uint8Array,
  { v3 = false, runExports = null }: PatchedExtra = {},
): PatchedRecord {
  const patch = instructions?.get(file);
  if (patch === undefined) return { status: 'kept', body, runExports };
  if (patch.removed) return removed;
  const before = parseJsonObject(body, file, 'record_shape');
  let after = before;
  let exports: JsonValue | undefined;
  for (const { run_exports, ...fix } of v3 ? patch.v3Fixes : patch.fixes) {
    after = merged(after, fix);
    if (run_exports !== undefined) exports = mergedExports(exports ?? known(runExports), run_exports);
  }
  if (patch.revoked) after = revoke(after);
  return {
    status: 'kept',
    body: writeJson(after) === writeJson(before) ? body : encodeUtf8(writeJson(after)),
    runExports: exports === undefined ? runExports : encodeUtf8(writeJson({ ...toRunExports(exports) })),
  };
}

function merged(fields: JsonObject, fix: JsonObject): JsonObject {
  const result = { ...fields };
  for (const [key, value] of Object.entries(fix)) {
    const before = result[key];
    if (value === null && neverNull.has(key)) delete result[key];
    else result[key] = isJsonObject(value) && isJsonObject(before) ? merged(before, value) : value;
  }
  return result;
}

function mergedExports(exports: JsonValue, fix: JsonValue): JsonValue {
  return isJsonObject(exports) && isJsonObject(fix) ? merged(exports, fix) : fix;
}

function known(runExports: Uint8Array | null): JsonValue {
  return runExports === null ? {} : parseJson(runExports, 'run exports', 'run_exports_json');
}

function revoke(fields: JsonObject): JsonObject {
  const depends = textsOf(fields.depends);
  const isRevoked = depends.includes(revokedDependency);
  return { ...fields, revoked: true, depends: isRevoked ? depends : [...depends, revokedDependency] };
}
