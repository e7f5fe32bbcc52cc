import { type PackageType, packageTypeOf } from '@sluice/formats/package';
import { literalSpecName } from '../specs/spec-set.ts';
import { askedOf, type Rest, within } from './dependency-report.ts';
import { namedRows } from './named-rows.ts';
import { reaches } from './reaches.ts';
import { type IndexedPart, type JudgedPart, type Resolution, resolveNeed } from './resolved-specs.ts';
import { readNeed, specBook } from './spec-book.ts';

/** Files of one package that are kept, and depend on what is not. */
export interface BrokenDependency extends Pick<Resolution, 'reason' | 'rule' | 'scope'> {
  subdir: string;
  package: string;
  /** What they depend on. */
  spec: string;
  /** How many of them, and one. */
  files: number;
  example: string;
}

/** `rules`: only where a rule took out what would satisfy. `all`: also what the source never had. */
export type BrokenBy = 'rules' | 'all';

/**
 * The packages that are kept and depend on what nothing that is kept satisfies, in byte order of their parts and names.
 *
 * @param parts all that is shown beside each other; several may be of one subdir, from different layers.
 * @param isMetElsewhere asked about what would be broken: whether something else satisfies it.
 */
export async function brokenDependencies(
  parts: readonly JudgedPart[],
  by: BrokenBy,
  { rest, isMetElsewhere }: { rest?: Rest; isMetElsewhere?: MetElsewhere } = {},
): Promise<BrokenDependency[]> {
  const indexed = parts.map((part): IndexedPart => ({ ...part, rows: namedRows(part.facts) }));
  const book = specBook();
  const broken: BrokenDependency[] = [];
  let asked = 0;
  for (const part of indexed) {
    const missing = new Map<number, Resolution>();
    for (const id of (await askedOf(part, book)).keys()) {
      const resolution = resolveNeed(book.need(id), within(indexed, part));
      const counts = by === 'all' || resolution.refused > 0;
      if (resolution.status === 'missing' && counts) missing.set(id, resolution);
      if (++asked % 500 === 0) await rest?.();
    }
    if (missing.size === 0) continue;
    const { subdir } = part.facts;
    const met = await isMetElsewhere?.(subdir, Array.from(missing.keys(), book.text));
    for (const id of missing.keys()) if (met?.has(book.text(id))) missing.delete(id);
    broken.push(...(await brokenOf(part, missing, book)));
  }
  return broken.sort((a, b) => compare(a.subdir, b.subdir) || compare(a.package, b.package) || compare(a.spec, b.spec));
}

/** Of specs that files of a part depend on, those that something else shown satisfies. */
export type MetElsewhere = (subdir: string, specs: readonly string[]) => Promise<ReadonlySet<string>>;

/** Which of these specs, that files of a part depend on, something that is kept satisfies. */
export function metSpecs(subdir: string, specs: readonly string[], parts: readonly JudgedPart[]): ReadonlySet<string> {
  const seen = parts.filter(({ facts }) => reaches(subdir, facts.subdir));
  const indexed = seen.map((part): IndexedPart => ({ ...part, rows: namedRows(part.facts) }));
  const type = packageTypeOf(subdir);
  return new Set(specs.filter((spec) => resolveNeed(readNeed(type, spec), indexed).status === 'present'));
}

/** The package name that a spec asks for; undefined when it is a pattern or cannot be read. */
export function neededName(type: PackageType, spec: string): string | undefined {
  return readNeed(type, spec) && literalSpecName(type, spec);
}

async function brokenOf(
  { facts, verdicts, depends }: JudgedPart,
  missing: ReadonlyMap<number, Resolution>,
  book: ReturnType<typeof specBook>,
): Promise<Iterable<BrokenDependency>> {
  const type = packageTypeOf(facts.subdir);
  const found = new Map<string, BrokenDependency>();
  await depends.each(
    (row) => verdicts[row] === 0,
    (row, texts) => {
      for (const spec of texts) {
        const resolution = missing.get(book.id(type, spec));
        if (!resolution) continue;
        const name = facts.names[facts.name[row]!]!;
        const key = `${name}/${spec}`;
        const known = found.get(key);
        if (known) known.files++;
        else {
          const { reason, rule, scope } = resolution;
          const example = facts.file(row);
          found.set(key, { subdir: facts.subdir, package: name, spec, files: 1, example, reason, rule, scope });
        }
      }
    },
  );
  return found.values();
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
