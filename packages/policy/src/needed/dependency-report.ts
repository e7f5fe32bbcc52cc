import { packageTypeOf } from '@sluice/formats/package';
import { namedRows } from './named-rows.ts';
import type { NeededSet } from './needed-set.ts';
import { reaches } from './reaches.ts';
import { type IndexedPart, type JudgedPart, type Resolution, resolveNeed } from './resolved-specs.ts';
import { readNeed, type SpecBook, specBook } from './spec-book.ts';

/** One spec of a layer and what it came to: one that its filters ask for, or one that files of a part depend on. */
export interface DependencyLine extends Resolution {
  kind: 'requested' | 'dependency';
  spec: string;
  /** The part whose files depend on it; null for what the filters ask for. */
  subdir: string | null;
  /** How many kept files depend on it, and one of them. */
  needed_by: number;
  example: string | null;
}

/** What comes in, and how much of it only because something depends on it. Bytes as far as sizes are known. */
export interface DependencySize {
  files: number;
  bytes: number;
  dependency_files: number;
  dependency_bytes: number;
}

/** Every spec of a layer, those of its filters first. */
export interface DependencyReport {
  lines: DependencyLine[];
  sizes: ({ subdir: string } & DependencySize)[];
}

/** The sums of a report. */
export interface DependencySummary extends DependencySize {
  /** Specs of the filters, and those that kept files depend on. */
  requested: number;
  dependencies: number;
  /** How many of both are met by nothing that is kept. */
  missing: number;
  by_subdir: DependencyReport['sizes'];
}

export function dependencySummary({ lines, sizes }: DependencyReport): DependencySummary {
  const sum = (key: keyof DependencySize) => sizes.reduce((all, size) => all + size[key], 0);
  return {
    requested: lines.filter(({ kind }) => kind === 'requested').length,
    dependencies: lines.filter(({ kind }) => kind === 'dependency').length,
    missing: lines.filter(({ status }) => status === 'missing').length,
    files: sum('files'),
    bytes: sum('bytes'),
    dependency_files: sum('dependency_files'),
    dependency_bytes: sum('dependency_bytes'),
    by_subdir: sizes,
  };
}

/** Called now and then, so that other work comes in between. */
export type Rest = () => Promise<void>;

const restAfter = 500;

/**
 * Say of every spec that a layer's filters ask for, and of every one that a kept file depends on, what it is resolved to.
 *
 * @param needed what comes along.
 * @see product.md MI-15
 */
export async function dependencyReport(
  parts: readonly JudgedPart[],
  requested: readonly string[],
  needed: NeededSet,
  rest?: Rest,
): Promise<DependencyReport> {
  const indexed = parts.map((part): IndexedPart => ({ ...part, rows: namedRows(part.facts) }));
  const type = packageTypeOf(parts[0]?.facts.subdir ?? 'noarch');
  const lines = requested.map((spec): DependencyLine => {
    const resolution = resolveNeed(readNeed(type, spec), indexed);
    return { kind: 'requested', spec, subdir: null, ...resolution, needed_by: 0, example: null };
  });
  const book = specBook();
  for (const part of indexed) {
    for (const [id, { count, row }] of await askedOf(part, book)) {
      const resolution = resolveNeed(book.need(id), within(indexed, part));
      const asking = { needed_by: count, example: part.facts.file(row) };
      lines.push({ kind: 'dependency', spec: book.text(id), subdir: part.facts.subdir, ...resolution, ...asking });
      if (lines.length % restAfter === 0) await rest?.();
    }
  }
  return { lines, sizes: parts.map((part) => ({ subdir: part.facts.subdir, ...sizeOf(part, needed) })) };
}

/** The parts in which what a part's files depend on is looked for. */
export function within(parts: readonly IndexedPart[], { facts }: JudgedPart): IndexedPart[] {
  return parts.filter((part) => reaches(facts.subdir, part.facts.subdir));
}

/** The specs that the kept files of a part depend on: how many of them, and the first. */
export async function askedOf(
  { facts, verdicts, depends }: JudgedPart,
  book: SpecBook,
): Promise<Map<number, { count: number; row: number }>> {
  const type = packageTypeOf(facts.subdir);
  const asked = new Map<number, { count: number; row: number }>();
  await depends.each(
    (row) => verdicts[row] === 0,
    (row, texts) => {
      for (const text of texts) {
        const id = book.id(type, text);
        const known = asked.get(id);
        if (!known) asked.set(id, { count: 1, row });
        else known.count++;
      }
    },
  );
  return asked;
}

function sizeOf({ facts, verdicts }: JudgedPart, needed: NeededSet): DependencySize {
  const size = { files: 0, bytes: 0, dependency_files: 0, dependency_bytes: 0 };
  for (let i = 0; i < facts.count; i++) {
    if (verdicts[i] !== 0) continue;
    const bytes = Number.isNaN(facts.size[i]!) ? 0 : facts.size[i]!;
    size.files++;
    size.bytes += bytes;
    if (!needed.has(facts.subdir, facts.file(i))) continue;
    size.dependency_files++;
    size.dependency_bytes += bytes;
  }
  return size;
}
