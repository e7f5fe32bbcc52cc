import { type Db, insertSeals, lastSeal, lockSealer, type SealRow, takeUnsealed } from '@sluice/catalog';
import { linkHash, noHash } from './link-hash.ts';

/** Events chained in one transaction: some 100 ms. */
const portion = 10_000;

/**
 * Chain the events that are not chained yet, in the order in which they are found. Any number of processes may do it at once: one
 * does, the others leave it to that one.
 *
 * @returns how many were chained.
 */
export async function sealEvents({ db }: { db: Db }, limit = portion): Promise<number> {
  for (let sealed = 0; ; ) {
    const some = await db.transaction().execute(async (trx) => {
      if (!(await lockSealer(trx))) return 0;
      const events = await takeUnsealed(trx, limit);
      if (events.length === 0) return 0;
      const last = await lastSeal(trx);
      let [no, hash] = [last?.no ?? 0, last?.hash ?? noHash];
      const links = events.map(({ event_id, text }): SealRow => {
        hash = linkHash(hash, text);
        return { no: ++no, event_id, hash };
      });
      await insertSeals(trx, links);
      return events.length;
    });
    sealed += some;
    if (some < limit) return sealed;
  }
}
