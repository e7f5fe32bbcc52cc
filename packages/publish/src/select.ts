import { evaluateAll, type Facts, type Rule, rememberedVerdicts, type Verdicts } from '@sluice/policy';
import type { WordSet } from './monolith/word-set.ts';
import type { Touched } from './touched.ts';

/** A row that is not shown whatever the rules say: a higher layer has its file, or nobody asks for it. No rule has this number. */
const hidden = 255;

/** What one layer brings to one subdir: row i is shown iff `verdicts[i]` is 0. */
export interface LayerSelection {
  facts: Facts;
  verdicts: Verdicts;
}

/**
 * Judge one layer's files.
 *
 * @param touched the package names that are asked for; nothing of any other is shown.
 * @param excluded files that must not be shown although the rules allow them.
 */
export function selectLayer(
  rules: readonly Rule[],
  facts: Facts,
  touched: Touched,
  excluded: ReadonlySet<string>,
): LayerSelection {
  // Rules compare files of one name alone, so that the others do not matter.
  const known = rememberedVerdicts(rules, facts);
  const verdicts = unasked(facts, touched);
  if (known) for (let i = 0; i < facts.count; i++) verdicts[i] ||= known[i]!;
  else evaluateAll(rules, facts, verdicts);
  if (excluded.size > 0) {
    for (let i = 0; i < facts.count; i++) if (verdicts[i] === 0 && excluded.has(facts.file(i))) verdicts[i] = hidden;
  }
  return { facts, verdicts };
}

function unasked({ names, name, count }: Facts, touched: Touched): Verdicts {
  const verdicts = new Uint8Array(count);
  if (touched === 'all') return verdicts;
  const isAsked = names.map((one) => touched.has(one));
  for (let i = 0; i < count; i++) if (!isAsked[name[i]!]) verdicts[i] = hidden;
  return verdicts;
}

/**
 * Hide what is not among the words of the records that a channel below shows.
 *
 * @param below the words that files have there, where these are not those of their facts.
 */
export function hideUnlisted(
  { facts, verdicts }: LayerSelection,
  listed: Pick<WordSet, 'has'>,
  below: ReadonlyMap<string, readonly [number, number]>,
): void {
  const { recordHash } = facts;
  for (let i = 0; i < facts.count; i++) {
    if (verdicts[i] !== 0) continue;
    const there = below.size === 0 ? undefined : below.get(facts.file(i));
    const [a, b] = there ?? [recordHash[i * 2]!, recordHash[i * 2 + 1]!];
    if (!listed.has(a, b)) verdicts[i] = hidden;
  }
}

/** Told of every file that is hidden since a layer above, of its tier, shows one of that name. */
export type OnHidden = (layers: readonly LayerSelection[], hidden: Place, shown: Place) => void;

interface Place {
  layer: number;
  row: number;
}

/**
 * Lay layers over each other, the first on top: in a tier a file that a layer shows hides the same file name in those below;
 * a package name that a tier shows hides all of it in the tiers below.
 *
 * @param tierOf the tier of the layer at this place; higher numbers are lower tiers.
 * @param namesAbove the names that the tiers above one show.
 */
export function hideBelow(
  layers: readonly LayerSelection[],
  tierOf: (k: number) => number,
  namesAbove: (tier: number) => ReadonlySet<string>,
  onHidden?: OnHidden,
): void {
  for (let k = 1; k < layers.length; k++) {
    const { facts, verdicts } = layers[k]!;
    const names = namesAbove(tierOf(k));
    if (names.size > 0) {
      const isAbove = facts.names.map((name) => names.has(name));
      for (let i = 0; i < facts.count; i++) if (verdicts[i] === 0 && isAbove[facts.name[i]!]) verdicts[i] = hidden;
    }
    const inTier = Array.from(layers.keys()).filter((j) => j < k && tierOf(j) === tierOf(k));
    const above = shownFiles(layers, inTier, new Set(facts.names));
    if (above.size === 0) continue;
    for (let i = 0; i < facts.count; i++) {
      const shown = verdicts[i] === 0 ? above.get(facts.file(i)) : undefined;
      if (shown === undefined) continue;
      verdicts[i] = hidden;
      onHidden?.(layers, { layer: k, row: i }, { layer: Math.floor(shown / mostRows), row: shown % mostRows });
    }
  }
}

const mostRows = 2 ** 32;

/** The files that some layers show, each with its place: layer · 2³² + row. */
function shownFiles(
  layers: readonly LayerSelection[],
  some: readonly number[],
  names: ReadonlySet<string>,
): Map<string, number> {
  const files = new Map<string, number>();
  for (const k of some) {
    const { facts, verdicts } = layers[k]!;
    for (let i = 0; i < facts.count; i++) {
      if (verdicts[i] === 0 && names.has(facts.names[facts.name[i]!]!)) files.set(facts.file(i), k * mostRows + i);
    }
  }
  return files;
}

/** What of facts shards are chosen and made by: of conda files less than half. */
export type ShownFacts = Pick<Facts, 'count' | 'names' | 'name' | 'files' | 'file' | 'length' | 'recordHash' | 'v3'>;

type JudgedFacts = Omit<LayerSelection, 'facts'> & { facts: ShownFacts };

/** The shown rows of one package name, layer by layer; a layer that shows none of it is left out. */
export interface ShownName {
  name: string;
  /** Rows over all layers. */
  count: number;
  parts: { layer: number; rows: Uint32Array }[];
}

/** All package names that are shown. The rows are views of one array a layer: there is no object per file. */
export function shownNames(layers: readonly JudgedFacts[]): Iterable<ShownName> {
  const names = new Map<string, ShownName>();
  layers.forEach(({ facts, verdicts }, layer) => {
    for (const [name, rows] of rowsByName(facts, verdicts)) {
      const shown = names.get(name) ?? { name, count: 0, parts: [] };
      shown.count += rows.length;
      shown.parts.push({ layer, rows });
      names.set(name, shown);
    }
  });
  return names.values();
}

function* rowsByName(facts: ShownFacts, verdicts: Verdicts): Iterable<[string, Uint32Array]> {
  const ends = new Uint32Array(facts.names.length);
  for (let i = 0; i < facts.count; i++) if (verdicts[i] === 0) ends[facts.name[i]!]!++;
  let total = 0;
  for (let id = 0; id < ends.length; id++) {
    total += ends[id]!;
    ends[id] = total;
  }
  const rows = new Uint32Array(total);
  const next = ends.slice();
  for (let i = facts.count - 1; i >= 0; i--) if (verdicts[i] === 0) rows[--next[facts.name[i]!]!] = i;
  for (let id = 0; id < ends.length; id++) {
    if (next[id]! < ends[id]!) yield [facts.names[id]!, rows.subarray(next[id], ends[id])];
  }
}

/**
 * The signatures of names' shown rows: the 64-bit hashes of their records, sorted, 8 bytes each. Two equal signatures mean the
 * same shard; the difference of two says how many files came and went.
 *
 * @returns views of one array: tens of thousands of their own would take half as much again.
 */
export function signaturesOf(layers: readonly JudgedFacts[], names: readonly ShownName[]): Uint8Array[] {
  const words = new BigUint64Array(names.reduce((sum, { count }) => sum + count, 0));
  const halves = new Uint32Array(words.buffer);
  let at = 0;
  return names.map(({ count, parts }) => {
    const begin = at;
    for (const { layer, rows } of parts) {
      const { recordHash } = layers[layer]!.facts;
      for (const row of rows) {
        halves[at++] = recordHash[row * 2]!;
        halves[at++] = recordHash[row * 2 + 1]!;
      }
    }
    words.subarray(begin / 2, begin / 2 + count).sort();
    return new Uint8Array(words.buffer, begin * 4, count * 8);
  });
}

/** The 8 bytes that row i has in the signature of its package name. */
export function signatureWord({ recordHash }: Facts, i: number): Uint8Array {
  return new Uint8Array(recordHash.slice(i * 2, i * 2 + 2).buffer);
}

/** How many records are in `next` but not in `previous`, and the reverse. */
export function signatureDifference(
  previous: Uint8Array | null,
  next: Uint8Array | null,
): { added: number; removed: number } {
  const before = wordsOf(previous);
  const after = wordsOf(next);
  let [i, j, both] = [0, 0, 0];
  while (i < before.length && j < after.length) {
    if (before[i] === after[j]) {
      both++;
      i++;
      j++;
    } else if (before[i]! < after[j]!) i++;
    else j++;
  }
  return { added: after.length - both, removed: before.length - both };
}

/** The words of a signature, in their order. */
function wordsOf(signature: Uint8Array | null): BigUint64Array {
  // Copied: a Buffer from the database may begin anywhere in its pool, these words may not.
  return new BigUint64Array(new Uint8Array(signature ?? []).buffer);
}
