import type { RepodataBucket, RepodataWriter } from '@sluice/formats/conda';
import { PublishError } from '../../errors.ts';
import { type DocumentRun, memberRun, type RunList } from '../document-runs.ts';
import { keptStretch } from './kept-stretch.ts';
import { type MemberPlace, type MovedMember, precedes } from './moved-members.ts';
import { type PieceAtHand, pieceAtHand } from './piece-at-hand.ts';

/** Where the members of a merged document go, in its order, and where it is noted how they stand. */
export interface MergedTo {
  writer: Pick<RepodataWriter, 'entries' | 'copy' | 'size'> & {
    /** @returns what the member takes, without a comma. */
    entry(bucket: RepodataBucket, fn: string, text: Uint8Array): number;
  };
  runs: Pick<RunList, 'add'>;
}

/**
 * Go through an earlier repodata.json, or run_exports.json, without what is dropped and with what is fresh in its place, in the order of the document.
 * Of a run only the first file name is read, and of one in which something moved the others up to there: what members take says
 * where the next one stands. Yields after each piece, so that the caller can catch up.
 *
 * @param known the runs of the earlier document, which has no v3 maps.
 * @param moved in the order of the document.
 * @throws {PublishError} `monolith_drift` when it has other members.
 */
export async function* mergeRuns(
  earlier: AsyncIterable<Uint8Array>,
  known: Iterable<DocumentRun>,
  moved: readonly MovedMember[],
  to: MergedTo,
): AsyncGenerator<void> {
  const piece = pieceAtHand(earlier);
  const merger = runMerger(piece, known, moved, to);
  try {
    while (!merger.goOn()) {
      yield;
      if (!(await piece.next(merger.done()))) throw otherMembers('another piece', `an end at ${piece.end()}`);
    }
    yield;
    // Nothing of the rest is needed, but only the end says whether all of it was sound.
    while (await piece.next(piece.end()));
  } finally {
    await piece.close();
  }
}

function runMerger(
  piece: PieceAtHand,
  known: Iterable<DocumentRun>,
  moved: readonly MovedMember[],
  { writer, runs }: MergedTo,
) {
  const kept = keptStretch(piece, writer);
  const runsAhead = known[Symbol.iterator]();
  let run = runsAhead.next();
  let behind = runsAhead.next();
  let next = 0;
  let member: { index: number; at: number; sizes: number[] | undefined } | undefined;

  function take({ bucket, fn, text }: MovedMember): void {
    next++;
    if (!text) return;
    kept.leave(0);
    const bytes = writer.entry(bucket, fn, text);
    runs.add(memberRun(bucket, fn, writer.size(), bytes));
  }

  /** Whether something moved before that place, the end being behind all. */
  function isNextBefore(place: MemberPlace | undefined): boolean {
    return next < moved.length && (!place || precedes(moved[next]!, place));
  }

  function takeBefore(place: MemberPlace | undefined): void {
    for (; isNextBefore(place); take(moved[next]!)) {
      if (moved[next]!.isDropped) throw otherMembers(moved[next]!.fn, place?.fn ?? 'the end of the document');
    }
  }

  /** @param members nobody else has them. */
  function keep(members: DocumentRun): void {
    members.at += kept.keep(members.bucket, members.first, members.at, members.at + members.bytes);
    runs.add(members);
  }

  /** A member of a run in which something moved. */
  function keepOrTake(place: MemberPlace, at: number, bytes: number): void {
    const one = moved[next]!;
    if (one.fn !== place.fn) {
      keep(memberRun(place.bucket, place.fn, at + bytes, bytes));
    } else if (one.isDropped) {
      kept.leave(at + bytes);
      take(one);
    } else throw otherMembers(`none of the file ${one.fn}`, 'one');
  }

  /** @returns false when it needs the next piece. */
  function goThrough(all: DocumentRun, behind: DocumentRun | undefined): boolean {
    const { bucket, first } = all;
    const end = all.at + all.bytes;
    const placeBehind = behind && { bucket: behind.bucket, fn: behind.first };
    member ??= { index: 0, at: all.at, sizes: undefined };
    for (; member.at <= end; member.index++) {
      const { index, at, sizes } = member;
      const fn = nameAt(piece, at, end);
      if (fn === undefined) return false;
      if (index === 0 && fn !== first) throw otherMembers(first, fn);
      const place = { bucket, fn };
      takeBefore(place);
      // Where a file of another name stands in between is only known when the run is read.
      if (!isNextBefore(placeBehind)) {
        const records = all.records - index;
        keep({ bucket, first: fn, at, bytes: end - at, records, sizes: sizes?.slice(index).join() ?? all.sizes });
        member = undefined;
        return true;
      }
      member.sizes ??= all.sizes.split(',').map(Number);
      const bytes = member.sizes[index] ?? Number.POSITIVE_INFINITY;
      if (at + bytes > end) throw otherMembers(`members up to ${end}`, `one at ${at} of ${bytes} bytes`);
      keepOrTake(place, at, bytes);
      member.at += bytes + 1;
    }
    member = undefined;
    return true;
  }

  return {
    /** Go through the piece at hand. @returns true when nothing more of the document is needed. */
    goOn(): boolean {
      while (!run.done && goThrough(run.value, behind.value)) [run, behind] = [behind, runsAhead.next()];
      kept.handOn();
      if (!run.done || kept.end() > piece.end()) return false;
      takeBefore(undefined);
      return true;
    },
    done: kept.done,
  };
}

/**
 * The file name of the member that begins there: behind the brace of a map or a comma, before a colon.
 *
 * @returns undefined when the piece ends before it does.
 */
function nameAt(piece: PieceAtHand, at: number, end: number): string | undefined {
  const nameEnd = piece.find(quote, at + 1);
  if (nameEnd < 0 ? piece.end() < end : piece.end() < nameEnd + 2) return undefined;
  const before = piece.byteAt(at - 1);
  const isMember = (before === comma || before === openBrace) && piece.byteAt(at) === quote;
  if (isMember && nameEnd > 0 && nameEnd < end && piece.byteAt(nameEnd + 1) === colon)
    return piece.text(at + 1, nameEnd);
  throw otherMembers(`a member at ${at}`, JSON.stringify(piece.text(at, Math.min(at + 100, piece.end()))));
}

const [comma, openBrace, quote, colon] = [0x2c, 0x7b, 0x22, 0x3a];

function otherMembers(wanted: string, found: string): PublishError {
  return new PublishError('monolith_drift', 'An earlier document does not have its members where they were noted.', {
    wanted,
    found,
  });
}
