import { excerpt, FormatError } from '../errors.ts';
import { isJsonObject, type JsonObject, type JsonValue, kindOf, parseJsonObject } from './json.ts';
import { needsV3 } from './repodata-document.ts';
import { toRunExports } from './run-exports.ts';

/** What a patch document says of one file. */
export interface FilePatch {
  /** Keys to set where the file stands in a classic map, in the order they apply. */
  readonly fixes: readonly JsonObject[];
  /** Keys to set where it stands in the `v3` maps. */
  readonly v3Fixes: readonly JsonObject[];
  readonly removed: boolean;
  readonly revoked: boolean;
}

/**
 * One `patch_instructions.json`, by file name: who looks up a file it does not name pays one look into a map. A fix of a
 * `.tar.bz2` stands here under the `.conda` of the same stem, too, and so do its removal and revocation.
 */
export type PatchInstructions = ReadonlyMap<string, FilePatch>;

/** Keys that say what a file is. Clients keep files by them; a patch that changed them would break caches and lock files. */
const identity = new Set([
  'attestations_sha256',
  'build',
  'build_number',
  'fn',
  'indexed_timestamp',
  'md5',
  'name',
  'sha256',
  'size',
  'subdir',
  'url',
  'version',
]);

/** As deep as the values of a record may be nested. */
const maxDepth = 32;

/**
 * Read a `patch_instructions.json`. Version 2 may fix run exports (CEP 21); a document without a version is of version 1.
 * Unknown members are passed over, as conda-index does.
 *
 * @throws {FormatError} `patch_version` for a version above 2; `patch_key` for a key no patch may change (name, digests,
 *   `indexed_timestamp` …), or run exports in version 1; `patch_v3` for conditional dependencies, flags and the like outside
 *   of `v3`; `patch_instructions` for anything that is not shaped as it must be.
 * @see CEP 21 for version 2, CEP 47 for `indexed_timestamp`
 */
export function readPatchInstructions(document: Uint8Array | string): PatchInstructions {
  return viewPatchInstructions(parseJsonObject(document, 'patch_instructions.json', 'patch_instructions'));
}

/** The same for a document that is parsed already. @throws {FormatError} as `readPatchInstructions`. */
export function viewPatchInstructions(document: JsonObject): PatchInstructions {
  const version = readVersion(document.patch_instructions_version);
  const files = new Map<string, FilePatch>();
  // Patches are replaced, not changed: the two formats of a package share theirs, of which real documents have 250,000.
  const change = (file: string, more: (patch: FilePatch) => Partial<FilePatch>) => {
    const patch = files.get(file) ?? nothing;
    files.set(file, { ...patch, ...more(patch) });
  };
  const classicFixesOf = function* (map: 'packages' | 'packages.conda') {
    for (const [file, fix] of fixesOf(document, map, version)) {
      checkClassic(file, fix);
      yield [file, fix] as const;
    }
  };
  const addFix = (file: string, fix: JsonObject) => change(file, ({ fixes }) => ({ fixes: [...fixes, fix] }));

  // A .conda in `packages` is meant for itself, whatever the map's name says; it comes behind the fix of its twin.
  const ofConda: [string, JsonObject][] = [];
  for (const [file, fix] of classicFixesOf('packages')) {
    if (!isTarBz2(file)) {
      ofConda.push([file, fix]);
      continue;
    }
    const patch = { ...nothing, fixes: [fix] };
    for (const fn of withTwin(file)) files.set(fn, patch);
  }
  for (const [file, fix] of ofConda) addFix(file, fix);
  // A .tar.bz2 in `packages.conda` is meant for nothing.
  for (const [file, fix] of classicFixesOf('packages.conda')) if (!isTarBz2(file)) addFix(file, fix);
  const v3 = mapOf(document, 'v3');
  for (const extension of ['conda', 'tar.bz2']) {
    for (const [stem, fix] of fixesOf(v3, extension, version)) {
      change(`${stem}.${extension}`, ({ v3Fixes }) => ({ v3Fixes: [...v3Fixes, fix] }));
    }
  }
  for (const file of namesOf(document, 'revoke')) {
    for (const fn of withTwin(file)) change(fn, () => ({ revoked: true }));
  }
  for (const file of namesOf(document, 'remove')) {
    for (const fn of withTwin(file)) change(fn, () => ({ removed: true }));
  }
  return files;
}

const nothing: FilePatch = { fixes: [], v3Fixes: [], removed: false, revoked: false };

/** The files that two documents treat differently, sorted; those a document alone names among them. */
export function changedPatches(before: PatchInstructions | undefined, after: PatchInstructions | undefined): string[] {
  const changed: string[] = [];
  for (const [file, patch] of before ?? []) if (!isSame(patch, after?.get(file))) changed.push(file);
  for (const file of after?.keys() ?? []) if (!before?.has(file)) changed.push(file);
  return changed.sort();
}

/** Whether two values read from JSON say the same. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every(
    (key) => Object.hasOwn(b, key) && isSame((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
}

const isTarBz2 = (file: string): boolean => file.endsWith('.tar.bz2');

/** A `.tar.bz2` and the `.conda` of the same stem hold the same package; the reverse is not assumed. */
function withTwin(file: string): string[] {
  return isTarBz2(file) ? [file, `${file.slice(0, -'.tar.bz2'.length)}.conda`] : [file];
}

function readVersion(version: JsonValue | undefined): 1 | 2 {
  if (version === undefined || version === 0 || version === 1) return 1;
  if (version === 2) return 2;
  throw new FormatError('patch_version', 'These patch instructions are of a version that is not known here.', {
    wanted: 'patch_instructions_version 1 or 2',
    found: JSON.stringify(version).slice(0, 40),
  });
}

function* fixesOf(document: JsonObject, key: string, version: 1 | 2): Iterable<[string, JsonObject]> {
  const map = mapOf(document, key);
  for (const file of Object.keys(map)) {
    const fix = map[file];
    if (!isJsonObject(fix)) throw shape(`an object of keys to set for ${excerpt(file)}`, kindOf(fix));
    checkFix(file, fix, version);
    yield [file, fix];
  }
}

function checkFix(file: string, fix: JsonObject, version: 1 | 2): void {
  for (const [key, value] of Object.entries(fix)) {
    if (identity.has(key)) throw forbidden(file, key, 'keys other than those that say which file it is');
    if (key === 'run_exports') checkRunExports(file, value, version);
    // Null would cost rattler the whole shard, and conda takes the key for granted.
    if ((key === 'depends' || (key === 'constrains' && value !== null)) && !isTextList(value)) {
      throw shape(`a list of MatchSpecs as ${key} of ${excerpt(file)}, [] for none`, kindOf(value));
    }
    if (isDeeper(value, maxDepth)) throw shape(`at most ${maxDepth} levels in ${key} of ${excerpt(file)}`, 'more');
  }
}

/** A record stays in the map it came in, and older clients would misread it there. */
function checkClassic(file: string, fix: JsonObject): void {
  // Null takes flags and extra_depends away.
  const key = Object.keys(fix).find((name) => fix[name] !== null && needsV3({ [name]: fix[name]! }));
  if (key === undefined) return;
  throw new FormatError('patch_v3', `${key} of ${excerpt(file)} is for newer clients only: patch it under v3.`, {
    wanted: 'what older clients understand, outside of v3',
    found: key,
  });
}

function checkRunExports(file: string, value: JsonValue, version: 1 | 2): void {
  if (version === 1) throw forbidden(file, 'run_exports', 'patch_instructions_version 2 for fixes of run exports');
  try {
    toRunExports(value);
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw shape(`lists of MatchSpecs by kind as run_exports of ${excerpt(file)}`, cause.found ?? kindOf(value));
  }
}

function isTextList(value: JsonValue): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isDeeper(value: JsonValue, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  const inner = Array.isArray(value) ? value : Object.values(value);
  return inner.some((one) => isDeeper(one, levels - 1));
}

function mapOf(document: JsonObject, key: string): JsonObject {
  const map = document[key] ?? {};
  if (isJsonObject(map)) return map;
  throw shape(`an object as ${key}`, kindOf(map));
}

function namesOf(document: JsonObject, key: string): string[] {
  const names = document[key] ?? [];
  if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names;
  throw shape(`a list of file names as ${key}`, kindOf(names));
}

function forbidden(file: string, key: string, wanted: string): FormatError {
  return new FormatError('patch_key', `${key} of ${excerpt(file)} cannot be patched.`, { wanted, found: key });
}

function shape(wanted: string, found: string): FormatError {
  return new FormatError('patch_instructions', `patch_instructions.json needs ${wanted}.`, { wanted, found });
}
