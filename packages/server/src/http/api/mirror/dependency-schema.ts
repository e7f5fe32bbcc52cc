import { z } from 'zod';
import { Paging } from '../../paging.ts';

export const DependenciesQuery = Paging.extend({
  status: z.enum(['present', 'missing']).optional().describe('Only these.'),
});

export const DependencyLineView = z
  .object({
    kind: z.enum(['requested', 'dependency']),
    spec: z.string(),
    subdir: z.string().nullable().describe('Whose files depend on it; null for what the filters ask for.'),
    status: z.enum(['present', 'missing']),
    files: z.int().describe('How many kept files satisfy it.'),
    versions: z.int(),
    newest: z.string().nullable().describe('The newest version of these.'),
    refused: z.int().describe('How many files would satisfy it and were taken out.'),
    reason: z
      .string()
      .nullable()
      .describe(
        'Why it is missing: no_package, no_version, unreadable, or the reason of the rule that took out the newest file that fits.',
      ),
    rule: z.string().nullable(),
    scope: z.string().nullable(),
    needed_by: z.int().describe('How many kept files depend on it.'),
    example: z.string().nullable().describe('One of them.'),
  })
  .meta({ id: 'DependencyLine' });

const size = {
  files: z.int(),
  bytes: z.number(),
  dependency_files: z.int().describe('Of these, what is kept only since something depends on it.'),
  dependency_bytes: z.number(),
};

export const DependencySummaryView = z
  .object({
    requested: z.int().describe('Specs of the filters.'),
    dependencies: z.int().describe('Specs that kept files depend on, by subdir.'),
    missing: z.int().describe('How many of both nothing that is kept satisfies.'),
    ...size,
    by_subdir: z.array(z.object({ subdir: z.string(), ...size })),
  })
  .meta({ id: 'DependencySummary' });

export const DependenciesView = z
  .object({ summary: DependencySummaryView, items: z.array(DependencyLineView), total_count: z.int() })
  .meta({ id: 'Dependencies' });
