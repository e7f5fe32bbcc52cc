import { type ChannelRow, channelsJudgedOtherwise, type Db, type NamePriority } from '@sluice/catalog';
import type { ChannelFilters, MirrorFilters } from '@sluice/policy';
import type { PublishedLayer } from './layers.ts';

/** Raise it when the same layers and rules would give another publication than before. */
const engine = 3;

/** One layer, as far as it decides what is shown. */
export interface JudgedLayer {
  layer: string;
  source_id: number;
  revision: number;
  mirror: {
    filters: MirrorFilters;
    keep_legacy: boolean;
    failed_run_id: string | null;
    /** Patterns of the names that are kept from it; absent when there are none. */
    reserved?: readonly string[];
  } | null;
}

/** A channel below: what its publication `no` shows never changes. */
export interface JudgedBelow {
  channel_id: number;
  no: number;
}

/** Everything that decides what a channel shows: the same again means that nothing is to be published. */
export interface Judged {
  engine: number;
  types: readonly string[];
  filters: ChannelFilters;
  patch_rev: number;
  /** The first on top. */
  layers: readonly JudgedLayer[];
  /** Absent in what was judged before there were tiers: then nothing was hidden by its name. */
  name_priority?: NamePriority;
  /** The first on top; absent when there are none. */
  below?: readonly JudgedBelow[];
}

/** How the text of what this version judged begins: {@link Judged} has the engine first. */
const judgedBeginning = `{"engine":${engine},`;

/** The channels whose head another version of Sluice made: they are to be published again. */
export function outdatedChannels(db: Db): Promise<number[]> {
  return channelsJudgedOtherwise(db, judgedBeginning);
}

/** What a channel is to be judged from now. */
export function judgedFrom(
  { types, filters, patch_rev, name_priority }: Pick<ChannelRow, 'types' | 'filters' | 'patch_rev' | 'name_priority'>,
  layers: readonly PublishedLayer[],
): Judged {
  const below = new Map(layers.flatMap(({ shownBy }) => (shownBy ? [[shownBy.channel_id, shownBy.no] as const] : [])));
  return {
    engine,
    types,
    filters,
    patch_rev,
    layers: layers.filter(({ shownBy }) => !shownBy).map(judgedLayer),
    name_priority,
    ...(below.size > 0 && { below: Array.from(below, ([channel_id, no]) => ({ channel_id, no })) }),
  };
}

function judgedLayer({ layer, source_id, revision, mirror, reserved }: PublishedLayer): JudgedLayer {
  return {
    layer,
    source_id,
    revision,
    mirror: mirror && {
      filters: mirror.filters,
      keep_legacy: mirror.keep_legacy,
      failed_run_id: mirror.failed_run_id,
      ...(reserved.length > 0 && { reserved }),
    },
  };
}

/** What a channel's head was judged from; undefined when that is not known, or another engine did it. */
export function readJudged(text: string | null): Judged | undefined {
  if (text === null) return undefined;
  const judged = JSON.parse(text) as Judged;
  return judged.engine === engine ? judged : undefined;
}
