import type { Facts } from '../facts/facts.ts';

/** The rows of facts by package name, 4 bytes a row. */
export interface NamedRows {
  facts: Facts;
  /** Those of a name, in lower case; of all when undefined. */
  rows(name: string | undefined): Uint32Array;
  /** What `read` makes of a version of the facts, read once. */
  version(id: number, read: (text: string) => unknown): unknown;
}

export function namedRows(facts: Facts): NamedRows {
  const { names, name, count, versions } = facts;
  const keys = new Map<string, number>();
  const keyOf = names.map((text) => {
    const key = keys.get(text.toLowerCase()) ?? keys.size;
    keys.set(text.toLowerCase(), key);
    return key;
  });
  const starts = new Uint32Array(keys.size + 1);
  for (let i = 0; i < count; i++) starts[keyOf[name[i]!]! + 1]!++;
  for (let key = 0; key < keys.size; key++) starts[key + 1]! += starts[key]!;
  const next = starts.slice();
  const sorted = new Uint32Array(count);
  for (let i = 0; i < count; i++) sorted[next[keyOf[name[i]!]!]!++] = i;
  const read: unknown[] = [];
  return {
    facts,
    rows(text) {
      if (text === undefined) return sorted;
      const key = keys.get(text);
      return key === undefined ? none : sorted.subarray(starts[key], starts[key + 1]);
    },
    version(id, parse) {
      read[id] ??= parse(versions[id]!);
      return read[id];
    },
  };
}

const none = new Uint32Array();
