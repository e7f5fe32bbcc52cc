import type { FileVersion, PublicationMaking, Turn } from '@sluice/catalog';
import type { FileChange } from '../compare.ts';

/**
 * What made a file come, go or change in a channel:
 *
 *     run, ask        a run of a mirror, or the first ask for a name, found it so upstream
 *     upload, delete, yank   somebody, here
 *     vanish          a mirror's grace for what vanished upstream ended, or it keeps no more
 *     bundle          a bundle brought it, or took it away
 *     keep            a mirror was deleted and left its files
 *     publication     nothing happened to the file: rules, layers or patches changed, or the channel was rolled back or unfrozen;
 *                     `text` says for what the publication was made
 */
export interface ChangeCause extends Pick<Turn, 'actor' | 'run_id' | 'mirror'> {
  kind: NonNullable<Turn['cause']> | 'publication';
  /** What the publication was made for. */
  text: string;
  /** When it happened; the publication came later. */
  at: Date;
}

/**
 * The cause of a difference between two publications that follow each other.
 *
 * @param versions of the file, in all sources that the two were made from.
 * @param makings `before` is undefined for a channel's first publication.
 */
export function causeOf(
  change: FileChange,
  versions: readonly FileVersion[],
  { before, now }: { before: PublicationMaking | undefined; now: PublicationMaking },
): ChangeCause {
  const revisionBefore = (source: number) =>
    before?.inputs.find(({ source_id }) => source_id === source)?.revision ?? 0;
  for (const { source_id, revision } of now.inputs) {
    const own = versions.filter((version) => version.source_id === source_id);
    const turn = turnBetween(change, own, revisionBefore(source_id), revision);
    if (!turn?.cause || !turn.at) continue;
    const { cause, at, actor, run_id, mirror } = turn;
    return { kind: cause, text: now.cause, at, actor, run_id, mirror };
  }
  return { kind: 'publication', text: now.cause, at: now.created_at, actor: now.actor, run_id: null, mirror: null };
}

/** What happened to a file in a source after one revision and up to another, if that is such a change. */
function turnBetween(
  change: FileChange,
  versions: readonly FileVersion[],
  after: number,
  upTo: number,
): Turn | undefined {
  const isWithin = (revision: number | null) => revision !== null && revision > after && revision <= upTo;
  const live = versions.find(({ from_rev, to_rev }) => from_rev <= upTo && (to_rev === null || to_rev > upTo));
  if (change !== 'removed') return live && isWithin(live.from_rev) ? live.begun : undefined;
  if (live) return undefined;
  return versions.findLast(({ to_rev }) => isWithin(to_rev))?.ended ?? undefined;
}
