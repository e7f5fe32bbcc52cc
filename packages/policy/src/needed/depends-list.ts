import { parseJsonObject } from '@sluice/formats/conda';
import { basePackages, parseDcf, parseDependencies, printRRequirement } from '@sluice/formats/cran';
import { packageTypeOf } from '@sluice/formats/package';

/** What the files of one part depend on, row by row: read anew at each asking, or held in a {@link dependsList}. */
export interface Depends {
  /** Hand over the specs of every wanted row, in any order. Rows without any may be left out. */
  each(isWanted: (row: number) => boolean, take: (row: number, depends: readonly string[]) => void): Promise<void>;
}

/** Dependencies of many rows, each distinct text held once: 4 to 8 bytes a dependency. */
export interface DependsList extends Depends {
  /** A row may be added once. */
  add(row: number, depends: readonly string[]): void;
}

/** A new, empty list. */
export function dependsList(): DependsList {
  const texts: string[] = [];
  const ids = new Map<string, number>();
  // Where a row's begin in `flat`, plus one: how many there are, and their ids.
  let starts = new Uint32Array(128);
  let flat = new Uint32Array(1024);
  let end = 0;
  const idOf = (text: string) => {
    let id = ids.get(text);
    if (id === undefined) {
      id = texts.push(text) - 1;
      ids.set(text, id);
    }
    return id;
  };
  return {
    add(row, depends) {
      if (depends.length === 0) return;
      if (row >= starts.length) starts = grown(starts, row + 1);
      if (end + depends.length + 1 > flat.length) flat = grown(flat, end + depends.length + 1);
      starts[row] = end + 1;
      flat[end++] = depends.length;
      for (const text of depends) flat[end++] = idOf(text);
    },
    async each(isWanted, take) {
      for (let row = 0; row < starts.length; row++) {
        const start = starts[row]!;
        if (start === 0 || !isWanted(row)) continue;
        take(
          row,
          Array.from(flat.subarray(start, start + flat[start - 1]!), (id) => texts[id]!),
        );
      }
    },
  };
}

function grown(array: Uint32Array<ArrayBuffer>, least: number): Uint32Array<ArrayBuffer> {
  const more = new Uint32Array(Math.max(least, array.length * 2));
  more.set(array);
  return more;
}

const ofRecord = { conda: condaDepends, r: rDepends, python: () => [], file: () => [] };

/**
 * What a record's text says the file depends on, as specs of its type; what cannot be read is left out, and what no repository
 * has: conda's virtual packages, and what comes with R itself. Of Python nothing: that asks for an environment.
 */
export function dependsOf(part: string): (body: Uint8Array) => string[] {
  return ofRecord[packageTypeOf(part)];
}

/** @throws {FormatError} `record_shape`. */
function condaDepends(body: Uint8Array): string[] {
  const { depends } = parseJsonObject(body, 'A repodata record', 'record_shape');
  return Array.isArray(depends) ? depends.filter(isSpec) : [];
}

function isSpec(text: unknown): text is string {
  return typeof text === 'string' && !text.startsWith('__');
}

/** What installing takes. @throws {FormatError} `dcf_syntax`. @see Writing R Extensions, "Package Dependencies" */
function rDepends(body: Uint8Array): string[] {
  const fields = parseDcf(body);
  return ['Depends', 'Imports', 'LinkingTo']
    .flatMap((field) => parseDependencies(fields.get(field)))
    .filter(({ name }) => !basePackages.has(name))
    .map(printRRequirement);
}
