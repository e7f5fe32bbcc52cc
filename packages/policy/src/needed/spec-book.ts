import { type CondaVersion, literalName, matches, parseMatchSpec, parseVersion } from '@sluice/formats/conda';
import { parseRVersion } from '@sluice/formats/cran';
import { FormatError } from '@sluice/formats/errors';
import type { PackageType } from '@sluice/formats/package';
import type { Facts } from '../facts/facts.ts';
import { matchFields } from '../specs/conda-specs.ts';
import { readRSpec } from '../specs/r-specs.ts';
import type { NamedRows } from './named-rows.ts';

/** One dependency, read. */
export interface Need {
  /** The package name it asks for, as {@link NamedRows} spells it; undefined when it is a pattern. */
  name: string | undefined;
  /** Whether row i, which has its name, is one it asks for. */
  allows(rows: NamedRows, i: number): boolean;
}

/** Numbers distinct specs, and reads each at most once. */
export interface SpecBook {
  id(type: PackageType, text: string): number;
  text(id: number): string;
  /** Undefined when it cannot be read: then it needs nothing. */
  need(id: number): Need | undefined;
}

export function specBook(): SpecBook {
  const numbers = () => new Map<string, number>();
  const ids: Record<PackageType, Map<string, number>> = {
    conda: numbers(),
    python: numbers(),
    r: numbers(),
    file: numbers(),
  };
  const texts: string[] = [];
  const types: PackageType[] = [];
  const needs: (Need | null)[] = [];
  return {
    id(type, text) {
      let id = ids[type].get(text);
      if (id === undefined) {
        id = texts.push(text) - 1;
        types.push(type);
        ids[type].set(text, id);
      }
      return id;
    },
    text: (id) => texts[id]!,
    need(id) {
      needs[id] ??= readNeed(types[id]!, texts[id]!) ?? null;
      return needs[id] ?? undefined;
    },
  };
}

/** Read one spec; undefined when it cannot be. */
export function readNeed(type: PackageType, text: string): Need | undefined {
  try {
    return type === 'r' ? rNeed(text) : condaNeed(text);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

/** Where a package comes from, its features, flags and URL are nothing that facts know: they do not take part. */
function condaNeed(text: string): Need {
  const { channel: _, track_features: _t, features: _f, flags: _g, url: _u, ...spec } = parseMatchSpec(text);
  const readVersion = (rows: NamedRows, id: number) => rows.version(id, parseVersion) as CondaVersion;
  return {
    name: literalName(spec),
    allows: (rows, i) =>
      matches(
        spec,
        matchFields(rows.facts, i, (id) => readVersion(rows, id)),
      ),
  };
}

function rNeed(text: string): Need {
  const { name, allows } = readRSpec(text);
  return {
    name: name.toLowerCase(),
    allows: (rows, i) =>
      nameAt(rows.facts, i) === name &&
      allows(rows.version(rows.facts.version[i]!, parseRVersion) as ReturnType<typeof parseRVersion>),
  };
}

function nameAt({ names, name }: Facts, i: number): string {
  return names[name[i]!]!;
}
