import {
  type CondaVersion,
  literalName,
  matches,
  parseMatchSpec,
  parseVersion,
  usedKeys,
  versionMatches,
} from '@sluice/formats/conda';
import { parseRVersion, type RVersion } from '@sluice/formats/cran';
import { FormatError } from '@sluice/formats/errors';
import type { PackageType } from '@sluice/formats/package';
import { matchFields } from '../specs/conda-specs.ts';
import { readRSpec } from '../specs/r-specs.ts';
import type { NamedRows } from './named-rows.ts';

/** One dependency, read. */
export interface Need {
  /** The package name it asks for, as {@link NamedRows} spells it; undefined when it is a pattern. */
  name: string | undefined;
  /** Tells of rows that have its name whether they are what it asks for. */
  over(rows: NamedRows): (i: number) => boolean;
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
  const { channel: _, track_features: _t, features: _f, flags: _g, url: _u, version, ...spec } = parseMatchSpec(text);
  const name = literalName(spec);
  const asksMore = usedKeys(spec).some(
    (key) => key !== 'extras' && key !== 'when' && (key !== 'name' || name === undefined),
  );
  return {
    name,
    over(rows) {
      const { facts } = rows;
      const parsed = (id: number) => rows.version(id, parseVersion) as CondaVersion;
      const fits = onceAVersion((id) => version === undefined || versionMatches(version, parsed(id)));
      return (i) => fits(facts.version[i]!) && (!asksMore || matches(spec, matchFields(facts, i, parsed)));
    },
  };
}

function rNeed(text: string): Need {
  const { name, allows } = readRSpec(text);
  return {
    name: name.toLowerCase(),
    over(rows) {
      const { facts } = rows;
      const fits = onceAVersion((id) => allows(rows.version(id, parseRVersion) as RVersion));
      return (i) => facts.names[facts.name[i]!] === name && fits(facts.version[i]!);
    },
  };
}

/** Files of a name share few versions. */
function onceAVersion(fits: (id: number) => boolean): (id: number) => boolean {
  const known = new Map<number, boolean>();
  return (id) => {
    let does = known.get(id);
    if (does === undefined) {
      does = fits(id);
      known.set(id, does);
    }
    return does;
  };
}
