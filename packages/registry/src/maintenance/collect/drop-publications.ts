import {
  channelsAfter,
  countSpareRows,
  countUnlistedEntries,
  type DerivedTable,
  deletePublications,
  deleteSpareRows,
  deleteUnlistedEntries,
  derivedTables,
  forgetAbsentNames,
  keepState,
  lockChannel,
  recordEvent,
} from '@sluice/catalog';
import { keptNumbers, systemRetention } from '../../retention.ts';
import type { Collection } from './context.ts';

/** Rows deleted by one statement. */
const portion = 10_000;

/** For so long it is remembered that an upstream does not have a name, though it is believed for minutes only. */
const absentMs = 24 * 60 * 60_000;

/** First stage: drop the publications of the next channel that are not kept, and the entries that only they listed. */
export async function dropPublications(collection: Collection, after = 0): Promise<number | undefined> {
  const { deps, report, dryRun, asOf } = collection;
  const [channel] = await channelsAfter(deps.db, after, 1);
  if (!channel) return undefined;
  const usual = await systemRetention(deps.db);
  const dropped = await deps.db.transaction().execute(async (trx) => {
    // The head and a rollback's aim stay where they are meanwhile.
    if (!dryRun) await lockChannel(trx, channel.id, 'change');
    const state = await keepState(trx, channel.id);
    if (!state) return undefined;
    const kept = keptNumbers(state, usual, asOf);
    const keeps = new Set(kept);
    const numbers = state.publications.map(({ no }) => no).filter((no) => !keeps.has(no));
    if (dryRun) return { kept, count: numbers.length };
    const count = numbers.length === 0 ? 0 : await deletePublications(trx, channel.id, numbers);
    if (count > 0) {
      await recordEvent(trx, {
        at: deps.now(),
        actor: 'system',
        action: 'publications_dropped',
        channel: channel.path,
        subject: channel.path,
        data: { dropped: count, kept: kept.length },
      });
    }
    return { kept, count };
  });
  if (!dropped) return channel.id;
  let entries = 0;
  if (dryRun) entries = await countUnlistedEntries(deps.db, channel.id, dropped.kept);
  else {
    for (let some = portion; some === portion; entries += some) {
      some = await deleteUnlistedEntries(deps.db, channel.id, portion);
    }
  }
  if (dropped.count + entries > 0) {
    report.publications += dropped.count;
    report.entries += entries;
    const { path } = channel;
    report.channels.push({ channel: path, kept: dropped.kept.length, publications: dropped.count, entries });
  }
  return channel.id;
}

/** Second stage: drop rows of what was worked out and nobody needs, one table after the other. */
export async function dropDerived(
  { deps, report, dryRun, asOf }: Collection,
  table: DerivedTable = derivedTables[0]!,
): Promise<DerivedTable | undefined> {
  if (dryRun) report[table] += await countSpareRows(deps.db, table, asOf);
  else {
    for (let some = portion; some === portion; report[table] += some) {
      some = await deleteSpareRows(deps.db, table, asOf, portion);
    }
    const before = new Date(asOf.getTime() - absentMs);
    while ((await forgetAbsentNames(deps.db, before, portion)) === portion);
  }
  return derivedTables[derivedTables.indexOf(table) + 1];
}
