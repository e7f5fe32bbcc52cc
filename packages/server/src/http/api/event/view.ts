import type { EventRow, SealRow } from '@sluice/catalog';
import { type AuditSlice, auditFaultText } from '@sluice/registry';
import type { z } from 'zod';
import { eventTypeOf } from './event-type.ts';
import type { AuditView, EventView } from './schema.ts';

/** An event of the audit in the shape of product.md AU-02. */
export function eventView(row: EventRow): z.output<typeof EventView> {
  return {
    event_id: row.id,
    event_type: eventTypeOf(row.action),
    created: row.at.toISOString(),
    data: row.data,
    meta: { actor: row.actor, channel: row.channel, subject: row.subject },
  };
}

/** A slice of the walk through the audit's chain. */
export function auditView(
  { checked, next, last, fault }: AuditSlice,
  begun: SealRow | undefined,
): z.output<typeof AuditView> {
  return {
    checked,
    next: next ?? null,
    link_hash: begun ? hex(begun.hash) : null,
    last: last ? { link: last.link, hash: hex(last.hash) } : null,
    fault: fault ? { ...fault, detail: auditFaultText(fault) } : null,
  };
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
