import { z } from 'zod';
import { Paging } from '../../paging.ts';

export const EventView = z
  .object({
    event_id: z.int(),
    event_type: z.string(),
    created: z.iso.datetime(),
    data: z.record(z.string(), z.unknown()).describe('What the event is about, by its type.'),
    meta: z.object({
      actor: z.string().describe('Who did it.'),
      channel: z.string().nullable(),
      subject: z.string().nullable().describe('What it was done to.'),
    }),
  })
  .meta({ id: 'Event' });

const text = z.string().min(1).max(300);
const time = z.union([z.iso.datetime({ offset: true }), z.iso.date()]).transform((given) => new Date(given));

export const ChannelEventsQuery = Paging.extend({
  before: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .describe('Only events with a smaller id: give the last event_id of a page for the next one.'),
  event_type: text.optional().describe('Only events of these types, separated by commas.'),
  actor: text.optional().describe('Only what this account did; `system` for the server itself.'),
  mirror: text.optional().describe('Only of the mirror with this name or id.'),
  q: text.optional().describe('Only events that have this text anywhere.'),
  from: time.optional().describe('Since this day or time (UTC).'),
  to: time.optional().describe('Before this day or time (UTC).'),
});

export const EventsQuery = ChannelEventsQuery.extend({
  channel: text.optional().describe('Only of the channel with this path.'),
});

export const AuditQuery = z.object({
  link: z.coerce.number().int().min(0).default(0).describe('Go on behind this link of the chain.'),
  event: z.coerce.number().int().min(0).default(0).describe('Of the second half of the walk: go on behind this event.'),
});

export const AuditView = z
  .object({
    checked: z.int().describe('Links and events looked at now.'),
    next: z
      .object({ link: z.int(), event: z.int() })
      .nullable()
      .describe('How to go on; null when all is walked, or something is wrong.'),
    link_hash: z.string().nullable().describe('The hash of the link behind which this began; null at the beginning.'),
    last: z
      .object({ link: z.int(), hash: z.string() })
      .nullable()
      .describe('The last link that is sound. Who writes it down sees later whether links were cut off at the end.'),
    fault: z
      .object({
        code: z.enum(['event_changed', 'event_missing', 'link_missing', 'event_unchained']),
        link: z.int().nullable(),
        event_id: z.int().nullable(),
        detail: z.string(),
      })
      .nullable()
      .describe('The first thing that is wrong.'),
  })
  .meta({ id: 'Audit' });
