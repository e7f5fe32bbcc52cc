import type { Schemas } from '@sluice/api-client';
import { instant } from './amounts.ts';
import { type Page, pageView } from './page.ts';
import type { View } from './view.ts';

/** Events as a table. */
export function eventsView(data: Page<Schemas['Event']>, view: View, { channels = false } = {}): string {
  return pageView(
    data,
    {
      noun: 'event',
      heads: ['ID', 'WHEN', 'WHO', 'EVENT', ...(channels ? ['CHANNEL'] : []), 'SUBJECT'],
      row: ({ event_id, created, event_type, meta }) => [
        ...[event_id, instant(created), meta.actor, event_type],
        ...(channels ? [meta.channel] : []),
        meta.subject,
      ],
    },
    view,
  );
}
