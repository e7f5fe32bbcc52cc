import type { EventRow } from '@sluice/catalog';
import type { z } from 'zod';
import type { EventView } from './schema.ts';

/** An event of the audit in the shape of product.md AU-02. */
export function eventView(row: EventRow): z.output<typeof EventView> {
  return {
    event_id: row.id,
    event_type: row.action,
    created: row.at.toISOString(),
    data: row.data,
    meta: { actor: row.actor, channel: row.channel, subject: row.subject },
  };
}
