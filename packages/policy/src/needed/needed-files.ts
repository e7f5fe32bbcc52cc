import { packageTypeOf } from '@sluice/formats/package';
import { evaluateAll, type Verdicts } from '../evaluate.ts';
import type { Facts } from '../facts/facts.ts';
import { liftedByNeed } from '../filters.ts';
import { type LayerDefinition, layerRules } from '../layer-rules.ts';
import type { Depends } from './depends-list.ts';
import { type NamedRows, namedRows } from './named-rows.ts';
import { type NeededFile, packNeeded } from './needed-set.ts';
import { reaches } from './reaches.ts';
import { type Need, specBook } from './spec-book.ts';

/** One part of a source: its facts, and what its files depend on. */
export interface PartDepends {
  facts: Facts;
  depends: Depends;
}

/** A part of which files may come along. */
interface Member extends PartDepends {
  /** Kept by the filters themselves. */
  chosen: Verdicts;
  /** Kept if only something needs it. */
  fit: Verdicts;
  rows: NamedRows;
  needed: Uint8Array;
}

/**
 * Which files come along with what a layer's filters choose: all that satisfy a dependency of what is kept, and, as far as they
 * are kept themselves, what these depend on in turn, to a fixpoint. Versions and builds bind; it is no solve.
 *
 * - With `include_dependencies`: in all parts that are looked at, whatever `only_specs` says.
 * - Of a mirror that names platforms without noarch: in noarch.
 *
 * Any other rule of the layer still denies a needed file. A dependency that cannot be read needs nothing.
 *
 * @param parts all that the mirror looks at. Where no file may come along, one is held at a time.
 * @returns for `readNeeded`.
 * @see product.md MI-02 row 8, MI-14
 */
export async function neededFiles(definition: LayerDefinition, parts: AsyncIterable<PartDepends>): Promise<Uint8Array> {
  const filters = definition.mirror?.filters ?? {};
  const rules = layerRules(definition);
  const members: Member[] = [];
  const asked = askedSpecs();
  for await (const part of parts) {
    const { subdir } = part.facts;
    const lifted = liftedByNeed(filters, subdir);
    const chosen = evaluateAll(rules, part.facts);
    await part.depends.each(
      (row) => chosen[row] === 0,
      (_, depends) => asked.ask(subdir, depends),
    );
    if (lifted.length === 0) continue;
    const others = rules.filter(({ code }) => !lifted.includes(code));
    const fit = evaluateAll(others, part.facts);
    members.push({ ...part, chosen, fit, rows: namedRows(part.facts), needed: new Uint8Array(part.facts.count) });
  }
  for (let wave = asked.take(); wave.length > 0; wave = asked.take()) {
    for (const member of members) {
      const found = satisfying(member, wave);
      if (found.some((row) => member.fit[row] === 0)) {
        const isFound = new Uint8Array(member.needed.length);
        for (const row of found) if (member.fit[row] === 0) isFound[row] = 1;
        const { subdir } = member.facts;
        await member.depends.each(
          (row) => isFound[row] === 1,
          (_, depends) => asked.ask(subdir, depends),
        );
      }
    }
  }
  return packNeeded(allFiles(members));
}

/** What was asked for from a part, to be looked for. */
interface Wish {
  from: string;
  need: Need;
}

/** Gathers what is asked for, each spec once from each part. */
function askedSpecs() {
  const book = specBook();
  const parts: string[] = [];
  const known = new Set<number>();
  let wave: Wish[] = [];
  return {
    ask(from: string, depends: readonly string[]) {
      let place = parts.indexOf(from);
      if (place < 0) place = parts.push(from) - 1;
      const type = packageTypeOf(from);
      for (const text of depends) {
        const id = book.id(type, text);
        const key = id * mostParts + place;
        if (known.has(key)) continue;
        known.add(key);
        const need = book.need(id);
        if (need) wave.push({ from, need });
      }
    },
    take() {
      const taken = wave;
      wave = [];
      return taken;
    },
  };
}

/** More than any source has. */
const mostParts = 65_536;

/** Mark what satisfies one of the wishes and is not kept by itself. @returns the rows that were not marked before. */
function satisfying({ facts, rows, chosen, needed }: Member, wave: readonly Wish[]): number[] {
  const found: number[] = [];
  for (const { from, need } of wave) {
    if (!reaches(from, facts.subdir)) continue;
    const allows = need.over(rows);
    for (const i of rows.rows(need.name)) {
      if (needed[i] !== 0 || chosen[i] === 0 || !allows(i)) continue;
      needed[i] = 1;
      found.push(i);
    }
  }
  return found;
}

function* allFiles(members: readonly Member[]): Iterable<NeededFile> {
  for (const member of members) yield* filesOf(member);
}

function* filesOf({ facts, needed }: Member): Iterable<NeededFile> {
  const { subdir: part, names, name } = facts;
  for (let i = 0; i < needed.length; i++) {
    if (needed[i] !== 0) yield { part, name: names[name[i]!]!, file: facts.file(i) };
  }
}
