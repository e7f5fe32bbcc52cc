import { literalName, parseMatchSpec } from '@sluice/formats/conda';
import type { PackageType } from '@sluice/formats/package';
import type { Facts } from '../facts/facts.ts';
import { condaSpecs } from './conda-specs.ts';
import { pythonSpecs, readPythonSpec } from './python-specs.ts';
import { readRSpec, rSpecs } from './r-specs.ts';
import type { SpecTest } from './spec-test.ts';

type Prepare = (facts: Facts) => SpecTest;

/** How each type of package spells a spec: several as one question, and one alone by the only name it can match. */
const languages: Record<
  PackageType,
  { set(texts: readonly string[]): Prepare; nameOf(text: string): string | undefined }
> = {
  conda: { set: condaSpecs, nameOf: (text) => literalName(parseMatchSpec(text)) },
  // Of general files a spec is what it is of conda packages: a name, and bounds of its version.
  file: { set: condaSpecs, nameOf: (text) => literalName(parseMatchSpec(text)) },
  python: { set: pythonSpecs, nameOf: (text) => literal(readPythonSpec(text).name) },
  r: { set: rSpecs, nameOf: (text) => literal(readRSpec(text).name) },
};

/**
 * Several specs as one question: does any of them match? They are read as the type of the facts spells specs, once for each
 * type; preparing throws {@link FormatError} for one that cannot be read so.
 */
export function specSet(texts: readonly string[]): Prepare {
  const prepared = new Map<PackageType, Prepare>();
  return (facts) => {
    let prepare = prepared.get(facts.type);
    if (!prepare) {
      prepare = languages[facts.type].set(texts);
      prepared.set(facts.type, prepare);
    }
    return prepare(facts);
  };
}

/**
 * The one package name that a spec can match; undefined when it can match several.
 *
 * @throws {FormatError} when it cannot be read as a spec of that type.
 */
export function literalSpecName(type: PackageType, text: string): string | undefined {
  return languages[type].nameOf(text);
}

function literal(name: string): string | undefined {
  return name.includes('*') ? undefined : name;
}
