import { type ChannelRow, channelsJudgedOtherwise, type Db } from '@sluice/catalog';
import type { ChannelFilters, MirrorFilters } from '@sluice/policy';
import type { RuledLayer } from './layers.ts';

/** Raise it when the same layers and rules would give another publication than before. */
const engine = 2;

/** One layer, as far as it decides what is shown. */
export interface JudgedLayer {
  layer: string;
  source_id: number;
  revision: number;
  mirror: { filters: MirrorFilters; keep_legacy: boolean; failed_run_id: string | null } | null;
}

/** Everything that decides what a channel shows: the same again means that nothing is to be published. */
export interface Judged {
  engine: number;
  types: readonly string[];
  filters: ChannelFilters;
  patch_rev: number;
  /** The first on top. */
  layers: readonly JudgedLayer[];
}

/** How the text of what this version judged begins: {@link Judged} has the engine first. */
const judgedBeginning = `{"engine":${engine},`;

/** The channels whose head another version of Sluice made: they are to be published again. */
export function outdatedChannels(db: Db): Promise<number[]> {
  return channelsJudgedOtherwise(db, judgedBeginning);
}

/** What a channel is to be judged from now. */
export function judgedFrom(
  { types, filters, patch_rev }: Pick<ChannelRow, 'types' | 'filters' | 'patch_rev'>,
  layers: readonly RuledLayer[],
): Judged {
  return {
    engine,
    types,
    filters,
    patch_rev,
    layers: layers.map(({ layer, source_id, revision, mirror }) => ({
      layer,
      source_id,
      revision,
      mirror: mirror && {
        filters: mirror.filters,
        keep_legacy: mirror.keep_legacy,
        failed_run_id: mirror.failed_run_id,
      },
    })),
  };
}

/** What a channel's head was judged from; undefined when that is not known, or another engine did it. */
export function readJudged(text: string | null): Judged | undefined {
  if (text === null) return undefined;
  const judged = JSON.parse(text) as Judged;
  return judged.engine === engine ? judged : undefined;
}
