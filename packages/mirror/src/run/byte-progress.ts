import type { RunItemRow, RunItemTally } from '@sluice/catalog';
import type { Receiving } from '../deps.ts';
import { type RunContext, reporter } from './run-context.ts';

/** How many bytes of the files to fetch are dealt with, kept in the run's row while they come. */
export interface ByteProgress {
  /** Its bytes come in from now on. */
  began(receiving: Receiving): void;
  /** It has come, has failed, or was here already: what its record promised is dealt with. */
  settled(item: RunItemRow, receiving?: Receiving): void;
  /** Report no more. */
  end(): void;
}

const everyMs = 500;

/** Report the bytes of a slice's downloads, those of files under way among them. */
export function byteProgress(context: RunContext, tally: RunItemTally): ByteProgress {
  const report = reporter(context);
  const coming = new Set<Receiving>();
  let settled = tally.bytes_settled;
  const timer = setInterval(() => {
    let bytes_done = settled;
    for (const { size } of coming) bytes_done += size;
    // Records may not say how large their files are.
    const bytes_total = Math.max(tally.bytes_settled + tally.bytes_todo, bytes_done);
    report({ bytes_done, bytes_total });
  }, everyMs);
  return {
    began: (receiving) => void coming.add(receiving),
    settled(item, receiving) {
      settled += item.size ?? receiving?.size ?? 0;
      if (receiving) coming.delete(receiving);
    },
    end: () => clearInterval(timer),
  };
}
