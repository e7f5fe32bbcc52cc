import { parseJsonObject } from '@sluice/formats/conda';

/** What the files of one subdir depend on, row by row: read anew at each asking, or held in a {@link dependsList}. */
export interface Depends {
  /** Hand over the match specs of every wanted row, in any order. Rows without any may be left out. */
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
  const starts: number[] = [];
  // For each row how many there are, and their ids.
  const flat: number[] = [];
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
      starts[row] = flat.length;
      flat.push(depends.length);
      for (const text of depends) flat.push(idOf(text));
    },
    async each(isWanted, take) {
      starts.forEach((start, row) => {
        if (!isWanted(row)) return;
        const end = start + 1 + flat[start]!;
        take(
          row,
          flat.slice(start + 1, end).map((id) => texts[id]!),
        );
      });
    },
  };
}

/** What a record's text says the file depends on; what is no text is left out. @throws {FormatError} `record_shape`. */
export function dependsOf(body: Uint8Array): string[] {
  const { depends } = parseJsonObject(body, 'A repodata record', 'record_shape');
  return Array.isArray(depends) ? depends.filter((text) => typeof text === 'string') : [];
}
