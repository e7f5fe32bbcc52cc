import { parseMatchSpec } from '@sluice/formats/conda';
import { FormatError } from '@sluice/formats/errors';
import { evaluateAll } from '../evaluate.ts';
import type { Facts } from '../facts/facts.ts';
import { type LayerDefinition, layerRules } from '../layer-rules.ts';
import { type Candidate, candidateSet } from '../specs/conda-specs.ts';
import type { Depends } from './depends-list.ts';
import { packFileNames } from './file-names.ts';

/** One subdir of a source: its facts, and what its files depend on. */
export interface PartDepends {
  facts: Facts;
  depends: Depends;
}

/**
 * Which noarch files come along with a mirror that names only platforms: those that its kept files depend on, and, as far
 * as they are kept themselves, what these depend on in turn. Versions and builds bind.
 *
 * A needed file may still be denied by another rule of the layer; a dependency that cannot be read needs nothing.
 *
 * @param platforms the subdirs the mirror names; one at a time is held.
 * @returns their names, for `readFileNames`.
 * @see product.md MI-14
 */
export async function neededNoarch(
  definition: LayerDefinition,
  noarch: PartDepends,
  platforms: AsyncIterable<PartDepends>,
): Promise<Uint8Array> {
  const rules = layerRules(definition);
  const { facts } = noarch;
  const verdicts = evaluateAll(
    rules.filter(({ code }) => code !== 'platform'),
    facts,
  );
  const specs = specBook(facts.names);
  const wishes = new Map<number, number[]>();
  await noarch.depends.each(
    (row) => verdicts[row] === 0,
    (row, depends) => void wishes.set(row, specs.ids(depends)),
  );
  const asked = new Set<number>();
  for await (const part of platforms) {
    const kept = evaluateAll(rules, part.facts);
    await part.depends.each(
      (row) => kept[row] === 0,
      (_, depends) => {
        for (const id of specs.ids(depends)) asked.add(id);
      },
    );
  }

  const needed = new Uint8Array(facts.count);
  let round = [...asked];
  while (round.length > 0) {
    const { match } = candidateSet(specs.candidates(round))(facts);
    const next: number[] = [];
    for (let i = 0; i < facts.count; i++) {
      if (needed[i] !== 0 || match(i) === undefined) continue;
      needed[i] = 1;
      for (const id of wishes.get(i) ?? []) {
        if (asked.has(id)) continue;
        asked.add(id);
        next.push(id);
      }
    }
    round = next;
  }
  return packFileNames(namesOf(facts, needed));
}

function* namesOf(facts: Facts, chosen: Uint8Array): Iterable<string> {
  for (let i = 0; i < facts.count; i++) if (chosen[i] !== 0) yield facts.file(i);
}

/** The package name at the beginning of a spec, where it is plain. */
const plainName = /^\s*([\w.-]+)(?=[\s=<>!~;]|$)/;

/** Numbers the distinct specs that could match one of the names; most dependencies of a platform are on the platform. */
function specBook(names: readonly string[]) {
  const known = new Set(names.map((name) => name.toLowerCase()));
  const ids = new Map<string, number>();
  const texts: string[] = [];
  const idOf = (text: string) => {
    let id = ids.get(text);
    if (id === undefined) {
      const name = plainName.exec(text)?.[1];
      id = name === undefined || known.has(name.toLowerCase()) ? texts.push(text) - 1 : -1;
      ids.set(text, id);
    }
    return id;
  };
  return {
    ids: (depends: readonly string[]) => depends.map(idOf).filter((id) => id >= 0),
    candidates: (round: readonly number[]) => round.flatMap((id) => readCandidate(texts[id]!)),
  };
}

function readCandidate(text: string): Candidate[] {
  try {
    return [{ text, spec: parseMatchSpec(text) }];
  } catch (error) {
    if (error instanceof FormatError) return [];
    throw error;
  }
}
