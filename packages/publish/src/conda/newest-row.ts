import { type CondaVersion, compareVersions, parseVersion } from '@sluice/formats/conda';
import type { Facts } from '@sluice/policy';
import type { ShownName } from '../select.ts';
import type { LoadedLayer } from '../selection.ts';

/** One row of one layer. */
export interface LayerRow {
  layer: number;
  row: number;
}

/**
 * The newest of a name's rows, by version and then by time of build; rows whose version cannot be read come last. Of equals
 * the first by file name, so that the order in which an upstream lists them does not matter.
 */
export function newestRow(layers: readonly LoadedLayer[], { parts }: ShownName): LayerRow {
  let best: LayerRow | undefined;
  for (const { layer, rows } of parts) {
    for (const row of rows) if (!best || compareRows(layers, { layer, row }, best) > 0) best = { layer, row };
  }
  return best as LayerRow;
}

function compareRows(layers: readonly LoadedLayer[], a: LayerRow, b: LayerRow): number {
  const [left, right] = [layers[a.layer]!.facts, layers[b.layer]!.facts];
  const [u, v] = [versionAt(left, a.row), versionAt(right, b.row)];
  const readable = Number(u !== undefined) - Number(v !== undefined);
  const newer = u && v ? compareVersions(u, v) || (left.timestamp[a.row]! || 0) - (right.timestamp[b.row]! || 0) : 0;
  return readable || newer || (left.file(a.row) < right.file(b.row) ? 1 : -1);
}

const parsed = new WeakMap<Facts, (CondaVersion | null)[]>();

function versionAt(facts: Facts, row: number): CondaVersion | undefined {
  let versions = parsed.get(facts);
  if (!versions) {
    versions = [];
    parsed.set(facts, versions);
  }
  const id = facts.version[row]!;
  versions[id] ??= parsedOrNull(facts.versions[id]!);
  return versions[id] ?? undefined;
}

function parsedOrNull(text: string): CondaVersion | null {
  try {
    return parseVersion(text);
  } catch {
    return null;
  }
}
