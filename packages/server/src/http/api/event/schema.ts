import { z } from 'zod';

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
