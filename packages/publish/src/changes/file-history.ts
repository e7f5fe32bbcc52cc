import {
  channelLayers,
  type FileRemoval,
  type FileVersion,
  fileTexts,
  fileVersions,
  findRemovals,
  publishedSources,
  type RecordVersion,
  shownIntervals,
} from '@sluice/catalog';
import { packageNameOf, packageTypeOf } from '@sluice/formats/package';
import { hexAt } from '@sluice/policy';
import type { PublishDeps } from '../deps.ts';
import { patchedVersion, versionFacts } from '../listed-version.ts';
import { subdirPatches } from '../patches.ts';
import { signatureWord } from '../select.ts';

/** A version of a file's record in one of a channel's sources: how it came and went, and which publications showed it. */
export interface FileHistoryVersion extends FileVersion {
  /** In lower-case hex; undefined when the record does not say. */
  sha256: string | undefined;
  /** In bytes. */
  size: number | undefined;
  /** The newest first. `to_no` shows it no more; null for the head. Times of the kept publications next to them. */
  shown: { from_no: number; to_no: number | null; from_at: Date | null; to_at: Date | null }[];
}

export interface FileHistory {
  /** The newest first. */
  versions: FileHistoryVersion[];
  /** Who deleted it last from the channel's uploads. */
  removal: FileRemoval | undefined;
}

/**
 * Everything that is known of one file of a channel, in all sources it has or had: a few looks at indexes, however large these
 * are. No version: the channel never knew such a file.
 */
export async function fileHistory(
  { db }: Pick<PublishDeps, 'db'>,
  channelId: number,
  wanted: { subdir: string; file: string },
): Promise<FileHistory> {
  const { subdir, file } = wanted;
  const [layers, published] = await Promise.all([channelLayers(db, channelId), publishedSources(db, channelId)]);
  const sources = [...new Set([...layers.map(({ source_id }) => source_id), ...published])];
  const name = packageNameOf(packageTypeOf(subdir), file);
  const key = `${subdir}/${file}`;
  const [versions, texts, { inForce }, removals] = await Promise.all([
    fileVersions(db, channelId, sources, [wanted]),
    fileTexts(db, sources, wanted),
    subdirPatches(db, { channelId }, subdir),
    findRemovals(db, channelId, [{ key, name }]),
  ]);
  if (versions.length === 0) return { versions: [], removal: undefined };
  const removal = removals.get(key);
  const facts = versionFacts(subdir, texts);
  // As it came, and as the channel's patches show it: either may be listed.
  const patched = texts.map((text) => patchedVersion(inForce, text) ?? text);
  const words = [...wordsOf(subdir, texts), ...wordsOf(subdir, patched)];
  const intervals = await shownIntervals(db, channelId, `${subdir}/${name}`, words);
  const placeOf = ({ source_id, from_rev }: Pick<FileVersion, 'source_id' | 'from_rev'>) =>
    texts.findIndex((text) => text.source_id === source_id && text.from_rev === from_rev);
  return {
    removal,
    versions: versions.toSorted(newestFirst).map((version) => {
      const i = placeOf(version);
      const size = i < 0 ? Number.NaN : facts.size[i]!;
      const shown = intervals.filter(({ word }) => word % texts.length === i);
      return {
        ...version,
        sha256: i < 0 ? undefined : hexAt(facts.digests, 'sha256', i),
        size: Number.isNaN(size) ? undefined : size,
        shown: distinct(shown).toSorted((a, b) => b.from_no - a.from_no),
      };
    }),
  };
}

function wordsOf(subdir: string, versions: readonly RecordVersion[]): Uint8Array[] {
  const facts = versionFacts(subdir, versions);
  return versions.map((_, i) => Uint8Array.from(signatureWord(facts, i)));
}

type Interval = Awaited<ReturnType<typeof shownIntervals>>[number];

/** A version that no patch touches has the same word twice. */
function distinct(intervals: readonly Interval[]): FileHistoryVersion['shown'] {
  const known = new Map(intervals.map(({ word: _, ...interval }) => [interval.from_no, interval]));
  return [...known.values()];
}

function newestFirst(a: FileVersion, b: FileVersion): number {
  const times = (b.begun.at?.getTime() ?? 0) - (a.begun.at?.getTime() ?? 0);
  return times || b.source_id - a.source_id || b.from_rev - a.from_rev;
}
