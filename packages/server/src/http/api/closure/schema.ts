import { z } from 'zod';
import { Paging } from '../../paging.ts';
import { EditChannelBody } from '../channel/schema.ts';

export const ClosureQuery = Paging.extend({
  by: z
    .enum(['all', 'rules'])
    .default('all')
    .describe('rules: only what a rule of the channel or a mirror took out; all: also what the sources never had.'),
});

export const ClosureBody = z.strictObject({ filters: EditChannelBody.shape.filters.unwrap() });

export const BrokenDependencyView = z
  .object({
    subdir: z.string(),
    package: z.string(),
    spec: z.string().describe('What it depends on.'),
    files: z.int().describe('How many files of the package depend on it.'),
    example: z.string(),
    reason: z
      .string()
      .nullable()
      .describe(
        'no_package, no_version, unreadable; hidden where something above lies over it; else the reason of the rule that took out the newest file that fits.',
      ),
    rule: z.string().nullable(),
    scope: z.string().nullable().describe('Whose rule it is: channel or mirror.'),
  })
  .meta({ id: 'BrokenDependency' });

export const ClosureView = z
  .object({
    is_closed: z.boolean().describe('Whether nothing is missing.'),
    packages: z.int().describe('How many packages, by subdir, depend on something that is missing.'),
    items: z.array(BrokenDependencyView),
    total_count: z.int(),
  })
  .meta({ id: 'Closure' });
