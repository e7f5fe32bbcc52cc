import { type Db, findSeal, sealsAfter, unchainedEvent } from '@sluice/catalog';
import { linkHash, noHash } from './link-hash.ts';

/** How far the walk is: the last link, and the last event, that were looked at; both 0 at the beginning. */
export interface AuditPlace {
  link: number;
  event: number;
}

/**
 * What is wrong with the audit:
 *
 *     event_changed    a link's event is another than when it was chained, or links were put in another order
 *     event_missing    a link's event is not there any more
 *     link_missing     links are not there any more
 *     event_unchained  an event is in no link, and does not wait for one
 */
export type AuditFaultCode = 'event_changed' | 'event_missing' | 'link_missing' | 'event_unchained';

export interface AuditFault {
  code: AuditFaultCode;
  /** The number of the link; null for an event that has none. */
  link: number | null;
  event_id: number | null;
}

/** What one slice of the walk found. */
export interface AuditSlice {
  /** Links and events looked at. */
  checked: number;
  /** Where the next slice begins; undefined when this was the last, or something is wrong. */
  next: AuditPlace | undefined;
  /** The last link that is sound; undefined while there is none. */
  last: { link: number; hash: Uint8Array } | undefined;
  /** The first thing that is wrong. */
  fault: AuditFault | undefined;
}

/** Links walked in a slice: some 200 ms. */
const portion = 10_000;

/**
 * Walk the audit's chain for a while: is every link made of the one before and of its event as it is now, and every event in the
 * chain? First all links in their order, then all events in that of their ids.
 *
 * That links were cut off at the end shows only to who wrote the last one down before.
 */
export async function verifyAudit({ db }: { db: Db }, place: AuditPlace, limit = portion): Promise<AuditSlice> {
  return place.event > 0 ? walkEvents(db, place, limit) : walkLinks(db, place, limit);
}

async function walkLinks(db: Db, place: AuditPlace, limit: number): Promise<AuditSlice> {
  const before = place.link === 0 ? undefined : await findSeal(db, place.link);
  if (place.link > 0 && !before)
    return broken(0, undefined, { code: 'link_missing', link: place.link, event_id: null });
  let last = before && { link: before.no, hash: before.hash };
  const links = await sealsAfter(db, place.link, limit);
  for (const [i, { no, event_id, hash, text }] of links.entries()) {
    const expected = (last?.link ?? 0) + 1;
    if (no !== expected) return broken(i, last, { code: 'link_missing', link: expected, event_id: null });
    if (text === null) return broken(i, last, { code: 'event_missing', link: no, event_id });
    const isSound = Buffer.compare(linkHash(last?.hash ?? noHash, text), hash) === 0;
    if (!isSound) return broken(i, last, { code: 'event_changed', link: no, event_id });
    last = { link: no, hash };
  }
  if (links.length === limit) return { checked: limit, next: { link: last!.link, event: 0 }, last, fault: undefined };
  const events = await walkEvents(db, { link: last?.link ?? 0, event: 0 }, limit);
  return { ...events, checked: links.length + events.checked, last };
}

async function walkEvents(db: Db, { link, event }: AuditPlace, limit: number): Promise<AuditSlice> {
  const seal = link === 0 ? undefined : await findSeal(db, link);
  const last = seal && { link: seal.no, hash: seal.hash };
  const { count, upTo, event_id } = await unchainedEvent(db, event, limit);
  if (event_id !== undefined) return broken(count, last, { code: 'event_unchained', link: null, event_id });
  const next = count === limit && upTo !== undefined ? { link, event: upTo } : undefined;
  return { checked: count, next, last, fault: undefined };
}

function broken(checked: number, last: AuditSlice['last'], fault: AuditFault): AuditSlice {
  return { checked, next: undefined, last, fault };
}
