import { channelSorts } from '@sluice/catalog';
import { z } from 'zod';
import { Paging } from '../../paging.ts';
import { RetentionDays } from '../setting/schema.ts';

const privacy = z
  .enum(['public', 'authenticated', 'private'])
  .describe('Who may read: anybody, whoever has signed in, or its owner and holders of tokens.');
const types = z
  .array(z.enum(['conda', 'python', 'r', 'file']))
  .min(1)
  .max(4)
  .describe('Kinds of packages it may hold, file: general files; those of others are filtered.');
const description = z.string().max(10_000);
const indexing_behavior = z
  .enum(['default', 'frozen'])
  .describe('A frozen channel goes on showing what it shows; uploads and mirrors wait until it is default again.');

const retention = RetentionDays.partial()
  .nullable()
  .describe('How long it keeps its publications, where that differs from the setting of the installation.');

const texts = z.array(z.string().min(1).max(1000)).max(10_000);
const filters = z
  .strictObject({
    include_licenses: texts.nullish().describe('When set, only these licences or families.'),
    exclude_licenses: texts.nullish(),
    exclude_specs: texts.nullish().describe('Match specs of what is filtered out.'),
    include_specs: texts.nullish().describe('Match specs of what the two above let pass all the same.'),
  })
  .describe('They hold for all that the channel shows, uploads and mirrors.');

export const CreateChannelBody = z.strictObject({
  name: z.string().max(1000).describe('a–z, then a–z, 0–9, _ and -'),
  description: description.optional(),
  privacy: privacy.optional().describe('Default: private.'),
  types: types.optional().describe('Default: conda.'),
  filters: filters.optional(),
  indexing_behavior: indexing_behavior.optional(),
});

export const EditChannelBody = z
  .strictObject({
    description: description.optional(),
    privacy: privacy.optional(),
    types: types.optional(),
    filters: filters.optional().describe('Replaced as a whole.'),
    indexing_behavior: indexing_behavior.optional(),
    retention: retention.optional(),
  })
  .describe('What is left out stays as it is.');

const sorts = channelSorts.flatMap((sort) => [sort, `-${sort}` as const]);

export const ChannelListQuery = Paging.extend({
  q: z.string().max(200).optional().describe('Only channels with this text in name or description.'),
  sort: z.enum(sorts).default('name').describe('With - in front: descending.'),
});

const count = z.int().min(0);

export const ChannelView = z
  .object({
    name: z.string(),
    parent: z.string().nullable().describe('The channel it is a subchannel of.'),
    description,
    privacy,
    types,
    filters: z.object({
      include_licenses: z.array(z.string()).optional(),
      exclude_licenses: z.array(z.string()).optional(),
      exclude_specs: z.array(z.string()).optional(),
      include_specs: z.array(z.string()).optional(),
    }),
    indexing_behavior,
    name_priority: z
      .enum(['strict', 'merge'])
      .describe('Whether a package name shown higher up hides it lower down, or only the same file does.'),
    retention,
    owners: z.array(z.string()),
    artifact_count: count.describe('Package names that clients are shown.'),
    file_count: count.describe('Files that clients are shown.'),
    mirror_count: count,
    subchannel_count: count.describe('Those that you may see.'),
    download_count: count,
    publication: count.describe('Number of what clients are shown; it rises with every change of that.'),
    created: z.iso.datetime(),
    updated: z.iso.datetime(),
  })
  .meta({ id: 'Channel' });
