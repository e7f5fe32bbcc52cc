import type { Schemas } from '@sluice/api-client';
import { Argument, InvalidArgumentError, Option } from 'commander';
import { parseChannelPath } from './channel-path.ts';
import { readLicences } from './licence-list.ts';
import { commaListOption, repeatedOption } from './list-option.ts';

type Channel = Schemas['Channel'];

/** What can be said of a channel on the command line. */
export interface ChannelFlags {
  privacy?: Channel['privacy'];
  description?: string;
  types?: string[];
  licenses?: string[];
  excludeSpec?: string[];
  includeSpec?: string[];
  keep?: Keep;
}

/** How long publications are kept; `default`: as the installation does. Commander takes no null for a value. */
type Keep = NonNullable<Channel['retention']> | 'default';

/** The argument that names a channel. */
export function channelArgument(): Argument {
  return new Argument('<channel>', 'the channel, or channel/subchannel').argParser(parseChannelPath);
}

/** The options of {@link ChannelFlags}. */
export const channelOptions: readonly Option[] = [
  new Option('--privacy <who>', 'who may read').choices(['public', 'authenticated', 'private']),
  new Option('--description <text>'),
  commaListOption('--types <list>', 'kinds of packages it may hold: conda, python, r, file'),
  commaListOption('--licenses <list>', 'filter: -gpl3 leaves out, mit keeps only'),
  repeatedOption('--exclude-spec <spec>', 'filter: leave out what matches'),
  repeatedOption('--include-spec <spec>', 'filter: show what the two above took out'),
];

/** How long a channel keeps its publications; only an existing one can be told. */
export const keepOption = new Option(
  '--keep <days>',
  'publications of so many days, and then one a day for so many: 30,365; or default',
).argParser(parseKeep);

function parseKeep(text: string): Keep {
  if (text === 'default') return text;
  const [, all, daily] = /^(\d{1,5}),(\d{1,5})$/.exec(text) ?? [];
  if (all === undefined) throw new InvalidArgumentError('Say two numbers of days, as in 30,365; or default.');
  return { all_days: Number(all), daily_days: Number(daily) };
}

/** The fields of a channel that the flags set. `before`: filters it has, of which those without a flag stay. */
export function channelFields(flags: ChannelFlags, before: Channel['filters'] = {}) {
  const { privacy, description, types, licenses, excludeSpec, includeSpec, keep } = flags;
  const filters: Channel['filters'] = {
    ...(licenses === undefined ? {} : readLicences(licenses)),
    ...(excludeSpec === undefined ? {} : { exclude_specs: excludeSpec }),
    ...(includeSpec === undefined ? {} : { include_specs: includeSpec }),
  };
  return {
    ...(privacy === undefined ? {} : { privacy }),
    ...(description === undefined ? {} : { description }),
    ...(types === undefined ? {} : { types: types as Channel['types'] }),
    ...(keep === undefined ? {} : { retention: keep === 'default' ? null : keep }),
    ...(Object.keys(filters).length === 0 ? {} : { filters: { ...before, ...filters } }),
  };
}

/** `channel` or `channel/subchannel` of a channel as the API shows it. */
export function channelPathOf({ parent, name }: Pick<Channel, 'parent' | 'name'>): string {
  return parent === null ? name : `${parent}/${name}`;
}
