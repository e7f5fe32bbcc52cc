import { FormatError } from '../errors.ts';
import { parseJsonObject, writeJson } from './json.ts';
import { literalName, type MatchFields, matches } from './match-spec.ts';
import { parseMatchSpec } from './match-spec-parse.ts';
import { type CondaVersion, compareVersions, parseVersion } from './version.ts';

/** What choosing needs of a record; a `CondaRecord` with its file name is one. */
export interface CurrentCandidate extends MatchFields {
  readonly fn: string;
  readonly version: string;
  readonly depends: readonly string[];
}

interface Dependency {
  name: string;
  meets: (candidate: { fields: MatchFields }) => boolean;
}

type Test<T> = (candidate: Candidate<T>) => boolean;

interface Candidate<T> {
  record: T;
  fields: MatchFields & { readonly version: CondaVersion };
}

/**
 * Choose the records of current_repodata.json: the newest version of every name with all its builds; where these have
 * features, the newest version without; and, until nothing changes, for each dependency that no chosen record meets the
 * newest version that does. A `.tar.bz2` that also exists as `.conda` counts as one package, the `.conda`.
 *
 * An optimisation for conda's classic solver, which falls back to repodata.json: a dependency that cannot be read or is
 * in another subdir is passed over, and so is a record whose version is none.
 *
 * @see conda-index, `current_repodata`
 */
export function chooseCurrent<T extends CurrentCandidate>(records: Iterable<T>): Set<T> {
  const byName = groupNewestFirst(records);
  const chosen = new Map<string, Set<Candidate<T>>>();
  const toVisit: Candidate<T>[] = [];

  /** Choose, of the newest version with a candidate that passes `test`, all builds that pass `builds`. */
  function choose(name: string, test: Test<T>, builds: Test<T> = always): void {
    const all = byName.get(name) ?? [];
    const first = all.find(test);
    if (first === undefined) return;
    const kept = chosen.get(name) ?? new Set();
    chosen.set(name, kept);
    for (const candidate of all) {
      if (kept.has(candidate) || compareVersions(candidate.fields.version, first.fields.version) !== 0) continue;
      if (!builds(candidate)) continue;
      kept.add(candidate);
      toVisit.push(candidate);
    }
  }

  for (const name of byName.keys()) {
    choose(name, always);
    if ([...chosen.get(name)!].some(hasFeatures)) choose(name, isPlain, isPlain);
  }

  const isMet = ({ name, meets }: Dependency): boolean => [...(chosen.get(name) ?? [])].some(meets);
  const seen = new Set<string>();
  while (toVisit.length > 0) {
    const all = new Set(toVisit.splice(0).flatMap(({ record }) => record.depends));
    const texts = [...all].filter((text) => !seen.has(text));
    for (const text of texts) seen.add(text);
    // A whole round is judged before any of it is chosen, so that the outcome does not hang on the order of files.
    const unmet = texts.flatMap(readDependency).filter((dependency) => !isMet(dependency));
    for (const { name, meets } of unmet) choose(name, meets);
  }
  return new Set([...chosen.values()].flatMap((kept) => [...kept].map(({ record }) => record)));
}

/**
 * The text of a `.conda` record for current_repodata.json: with the digest of the `.tar.bz2` of the same stem, so that
 * old clients know the two for one package.
 *
 * @throws {FormatError} `record_shape` when the text is no JSON object.
 */
export function currentRecordText(text: string | Uint8Array, twin: { md5: string }): string {
  return writeJson({ ...parseJsonObject(text, 'A repodata record', 'record_shape'), legacy_bz2_md5: twin.md5 });
}

function groupNewestFirst<T extends CurrentCandidate>(records: Iterable<T>): Map<string, Candidate<T>[]> {
  const byFile = new Map(Array.from(records, (record) => [record.fn, record]));
  const byName = new Map<string, Candidate<T>[]>();
  for (const record of byFile.values()) {
    if (record.fn.endsWith('.tar.bz2') && byFile.has(record.fn.replace(/\.tar\.bz2$/, '.conda'))) continue;
    const version = orUndefined(() => parseVersion(record.version));
    if (version === undefined) continue;
    const group = byName.get(record.name) ?? [];
    group.push({ record, fields: { ...record, version } });
    byName.set(record.name, group);
  }
  for (const group of byName.values()) group.sort((a, b) => compareVersions(b.fields.version, a.fields.version));
  return byName;
}

function hasFeatures({ fields }: { fields: MatchFields }): boolean {
  return (fields.track_features?.length ?? 0) > 0 || (fields.features?.length ?? 0) > 0;
}

function isPlain(candidate: { fields: MatchFields }): boolean {
  return !hasFeatures(candidate);
}

function readDependency(text: string): Dependency[] {
  const spec = orUndefined(() => parseMatchSpec(text));
  const name = spec && literalName(spec);
  return spec && name ? [{ name, meets: ({ fields }) => matches(spec, fields) }] : [];
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

function always(): boolean {
  return true;
}
