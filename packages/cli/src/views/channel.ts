import type { Schemas } from '@sluice/api-client';
import { channelPathOf } from '../channel-flags.ts';
import { instant } from './amounts.ts';
import { fields } from './table.ts';
import type { View } from './view.ts';

/** Everything about a channel. */
export function channelFieldsView(channel: Schemas['Channel'], view: View): string {
  const { filters } = channel;
  const filterFields = Object.entries(filters).map(([name, list]) => [name, list?.join(', ')] as const);
  return fields(
    [
      ['channel', channelPathOf(channel)],
      ['description', channel.description],
      ['privacy', channel.privacy],
      ['types', channel.types.join(', ')],
      ['owners', channel.owners.join(', ')],
      ['state', channel.indexing_behavior === 'frozen' ? 'frozen' : 'open'],
      ['publication', channel.publication === 0 ? 'none yet' : `${channel.publication} (head)`],
      ['packages', channel.artifact_count],
      ['files', channel.file_count],
      ['mirrors', channel.mirror_count],
      ...(channel.parent === null ? [['subchannels', channel.subchannel_count] as const] : []),
      ['downloads', channel.download_count],
      ...(channel.retention === null ? [] : [['keeps', keepText(channel.retention)] as const]),
      ...filterFields,
      ['created', instant(channel.created)],
      ['updated', instant(channel.updated)],
    ],
    view,
  );
}

function keepText({ all_days, daily_days }: NonNullable<Schemas['Channel']['retention']>): string {
  const days = (n: number | undefined) => (n === undefined ? 'the usual number of' : n);
  return `publications of ${days(all_days)} days, then one a day for ${days(daily_days)} days`;
}
