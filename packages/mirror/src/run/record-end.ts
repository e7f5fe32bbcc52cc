import { type Db, type MirrorRow, type RunEnd, type RunRow, recordEvent } from '@sluice/catalog';

/** Write down how a run ended, in the transaction that ends it. A failure says which request it was and what comes next. */
export async function recordEnd(
  trx: Db,
  mirror: MirrorRow,
  run: Pick<RunRow, 'id' | 'actor' | 'revision' | 'counts' | 'report'>,
  end: RunEnd,
  now: Date,
): Promise<void> {
  await recordEvent(trx, {
    at: now,
    actor: run.actor ?? 'system',
    action: `mirror_${end.state}`,
    channel: mirror.channel_path,
    subject: mirror.name,
    data: {
      mirror_id: mirror.id,
      run_id: run.id,
      revision: run.revision,
      count: run.counts,
      ...('changes' in run.report && { changes: run.report.changes }),
      ...(end.error && {
        error: end.error.code,
        failed_request: end.failedRequest ?? null,
        next_run_at: mirror.next_run_at?.toISOString() ?? null,
      }),
    },
  });
}
