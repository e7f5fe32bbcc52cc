import { type RunItemRow, type RunItemTally, settleRunItems } from '@sluice/catalog';
import { type ArrivedFile, admitBytes } from '@sluice/registry';
import type { Receiving } from '../deps.ts';
import { rememberedError } from '../error-code.ts';
import { fencedOut, isFencedOut } from './keep-lease.ts';
import { commit, type RunContext, save } from './run-context.ts';
import { countsOf, filteredOf, type RunCounts } from './run-counts.ts';

/** Files that have arrived or failed, on their way into the catalog in batches. */
export interface Arrivals {
  /** Hand over a file whose bytes are whole. Waits while too many wait already. */
  arrived(item: RunItemRow, receiving: Receiving): Promise<void>;
  /** The bytes are here already. */
  local(item: RunItemRow): void;
  failed(item: RunItemRow, error: unknown): void;
  /** Bring in all that was handed over. After a failure it throws that one and discards the rest. */
  flush(): Promise<void>;
}

type ItemTally = Pick<RunItemTally, 'todo' | 'done' | 'failed'>;

/** When so many wait, those that come wait, too: the disk and the catalog are slower than the network. */
const mostWaiting = 200;

/**
 * A collector for the downloads of a run: at most every `batchMs` one admission and one transaction that notes results
 * and counts. All bytes of a batch become durable together.
 */
export function collectArrivals(context: RunContext, tally: ItemTally): Arrivals {
  const { deps, mirror, run, timings } = context;
  let files: { item: RunItemRow; receiving: Receiving }[] = [];
  let results: { subdir: string; file: string; error: string | null }[] = [];
  let timer: NodeJS.Timeout | undefined;
  let admitting: Promise<void> = Promise.resolve();
  let queued: Promise<void> | undefined;
  let broken: { error: unknown } | undefined;

  async function admit(batch: typeof files, settled: typeof results): Promise<void> {
    // Woken after a long sleep, not even the bytes may become visible.
    if (context.lease.isLapsed()) broken ??= { error: fencedOut() };
    if (broken) {
      await Promise.all(batch.map(({ receiving }) => receiving.discard()));
      throw broken.error;
    }
    const arrived = batch.map(
      ({ item, receiving }): ArrivedFile => ({
        receiving,
        sourceId: mirror.source_id,
        subdir: item.subdir,
        file: item.file,
        fromRev: item.from_rev,
        hasSha256: item.sha256 !== null,
      }),
    );
    const outcomes = arrived.length === 0 ? [] : await admitBytes(deps, arrived, context.lease.guard);
    outcomes.forEach((outcome, i) => {
      const { subdir, file } = batch[i]!.item;
      settled.push({
        subdir,
        file,
        error: outcome.ok ? null : rememberedError(Object.assign(new Error(outcome.message), outcome)).text,
      });
    });
    const failed = settled.filter((result) => result.error !== null).length;
    const next = {
      todo: tally.todo - settled.length,
      done: tally.done + settled.length - failed,
      failed: tally.failed + failed,
    };
    const counts = updated(countsOf(run.counts), next);
    const last = settled.at(-1);
    await commit(context, async (trx) => {
      await settleRunItems(trx, run.id, settled);
      await save(
        context,
        {
          counts: { ...counts },
          step_done: next.done + next.failed,
          step_total: next.todo + next.done + next.failed,
          ...(last ? { last_key: `${last.subdir}/${last.file}` } : {}),
        },
        trx,
      );
    });
    tally = next;
  }

  /** Bring in what waits when the batch before is in: whatever comes until then goes along. */
  function send(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    queued ??= admitting.then(admitWaiting).catch((error: unknown) => {
      broken ??= { error };
    });
    admitting = queued;
    return queued;
  }

  async function admitWaiting(): Promise<void> {
    queued = undefined;
    const [batch, settled] = [files, results];
    [files, results] = [[], []];
    if (batch.length + settled.length > 0) await admit(batch, settled);
  }

  async function added(): Promise<void> {
    if (broken) throw broken.error;
    if (files.length >= mostWaiting || results.length >= mostWaiting * 10) await send();
    else timer ??= setTimeout(send, timings.batchMs);
  }

  return {
    async arrived(item, receiving) {
      files.push({ item, receiving });
      await added();
    },
    local(item) {
      results.push({ subdir: item.subdir, file: item.file, error: null });
      void added().catch(() => {});
    },
    failed(item, error) {
      results.push({ subdir: item.subdir, file: item.file, error: rememberedError(error).text });
      void added().catch(() => {});
    },
    async flush() {
      if (isFencedOut(context.lease.signal.reason)) broken ??= { error: context.lease.signal.reason };
      await send();
      if (broken) throw broken.error;
    },
  };
}

function updated(counts: RunCounts, items: ItemTally): RunCounts {
  return { ...counts, failed: items.failed, active: counts.total - filteredOf(counts) - items.failed - items.todo };
}
