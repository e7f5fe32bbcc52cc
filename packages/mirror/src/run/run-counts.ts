import type { DenialCount } from '@sluice/registry';

/** The vendor's reasons of a mirror's own filters (product.md MI-05) and ours (design.md §6). Wire names. */
const mirrorReasons = [
  'cve',
  'date',
  'license',
  'only_specs',
  'exclude_specs',
  'duplicated_legacy_conda',
  'signature',
  'age',
  'platform',
  'python',
  'type',
  'name',
  'reserved',
] as const;

const channelReasons = ['license', 'exclude_specs', 'signature', 'age', 'platform', 'python', 'type', 'name'] as const;

/**
 * What became of every file of the selected subdirs, under the vendor's names. When a run is completed:
 *
 *     total = active + passive + failed + all of mirror_filtered + all of channel_filtered
 *
 * `removed` counts files shown after the run before and not after this one; `kept` those that vanished upstream and are shown all the
 * same. Both are not in the total.
 */
export interface RunCounts {
  total: number;
  /** Kept by an active mirror: the bytes are local. */
  active: number;
  /** Kept by a passive mirror: fetched at the first request. */
  passive: number;
  failed: number;
  removed: number;
  kept: number;
  mirror_filtered: Record<string, number>;
  channel_filtered: Record<string, number>;
}

/** Counts of a run that has done nothing: every key is there. */
export function noCounts(): RunCounts {
  const zeros = (keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, 0]));
  return {
    total: 0,
    active: 0,
    passive: 0,
    failed: 0,
    removed: 0,
    kept: 0,
    mirror_filtered: zeros(mirrorReasons),
    channel_filtered: zeros(channelReasons),
  };
}

/** Add denials to the counts, each under its scope and its wire name. */
export function addDenials(counts: RunCounts, denials: readonly DenialCount[]): void {
  for (const { scope, code, count } of denials) {
    const group = scope === 'channel' ? counts.channel_filtered : counts.mirror_filtered;
    const key = code === 'uncurated' ? 'cve' : code.replace(/^channel_/, '');
    group[key] = (group[key] ?? 0) + count;
  }
}

/** How many files the filters took out, of both groups. */
export function filteredOf(counts: RunCounts): number {
  const sum = (group: Record<string, number>) => Object.values(group).reduce((all, one) => all + one, 0);
  return sum(counts.mirror_filtered) + sum(counts.channel_filtered);
}

/** Counts as a run's row holds them; a run that has none yet reads as zeros. */
export function countsOf(stored: Record<string, unknown>): RunCounts {
  const none = noCounts();
  const known = stored as Partial<RunCounts>;
  return {
    ...none,
    ...known,
    mirror_filtered: { ...none.mirror_filtered, ...known.mirror_filtered },
    channel_filtered: { ...none.channel_filtered, ...known.channel_filtered },
  };
}
