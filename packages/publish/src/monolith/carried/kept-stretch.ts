import type { RepodataBucket, RepodataWriter } from '@sluice/formats/conda';
import type { PieceAtHand } from './piece-at-hand.ts';

/** Members of an earlier document that go over as they are, as many at once as stand one after the other. */
export interface KeptStretch {
  /**
   * Members stay that stand from `from` to before `to`, the first of the file `first`.
   *
   * @returns by how much they stand further behind in the later document.
   */
  keep(bucket: RepodataBucket, first: string, from: number, to: number): number;
  /** Something else comes, and what is not kept up to `to` is not needed. */
  leave(to: number): void;
  /** Write what is kept of the piece at hand. */
  handOn(): void;
  /** Up to where the earlier document is not needed any more. */
  done(): number;
  /** Up to where it is kept. */
  end(): number;
}

/** None yet. */
export function keptStretch(
  piece: Pick<PieceAtHand, 'end' | 'part'>,
  writer: Pick<RepodataWriter, 'entries' | 'copy' | 'size'>,
): KeptStretch {
  let done = 0;
  let keptTo = 0;
  let shift = 0;
  let isBegun = false;

  function handOn(): void {
    const end = Math.min(keptTo, piece.end());
    if (done >= end) return;
    writer.copy(piece.part(done, end));
    done = end;
  }

  function leave(to: number): void {
    handOn();
    done = Math.max(done, to);
    isBegun = false;
  }

  return {
    keep(bucket, first, from, to) {
      // Between two members of a map there is a comma and nothing else.
      if (!isBegun || from !== keptTo + 1) {
        leave(from);
        writer.entries(bucket, first);
        shift = writer.size() - from;
        isBegun = true;
      }
      keptTo = to;
      return shift;
    },
    leave,
    handOn,
    done: () => done,
    end: () => keptTo,
  };
}
