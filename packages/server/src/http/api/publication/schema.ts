import { type ChangeCode, fileChanges } from '@sluice/publish';
import { z } from 'zod';
import { Paging } from '../../paging.ts';

const count = z.int().min(0);
const number = z.int().min(1).describe('It rises with every publication of the channel.');

/** Which publication is meant: never checked here, so that every route refuses alike. */
export const Ref = z
  .string()
  .max(100)
  .describe('A number, a date (the last of that day, UTC), a time, the name of a pin, or `head`.');

const RefValue = z.union([Ref, z.int()]).transform(String);

export const PublicationListQuery = Paging.extend({
  pinned: z.stringbool().optional().describe('Only those with a name.'),
});

export const PublicationView = z
  .object({
    number,
    created: z.iso.datetime(),
    cause: z.string().describe('What it was made for: an upload, a mirror, edited filters, a rollback …'),
    actor: z
      .string()
      .nullable()
      .describe('Who caused it; null for the server itself, and for who may not see the history.'),
    added: count.describe('Records that came, against the publication before; one that changed counts twice.'),
    removed: count,
    files: count.describe('Files that it shows in all.'),
    packages: count.describe('Package names that it shows in all.'),
    pins: z.array(z.string()),
    is_head: z.boolean().describe('Whether clients are shown it.'),
    monolith: z
      .enum(['written', 'pending', 'on_demand'])
      .describe(
        'Of its repodata.json and kin: written; pending, for the head, which serves those of the last publication that has them until then, or empty ones where none has; on_demand, made at the first ask (503 until then). Shards and their index are there at once.',
      ),
  })
  .meta({ id: 'Publication' });

export const PinParams = z.object({ pin: z.string().max(300) });

export const PinBody = z.strictObject({ publication: RefValue.describe('Which publication is to have the name.') });

export const PinView = z
  .object({
    name: z.string(),
    publication: number,
    created: z.iso.datetime(),
    created_by: z.string(),
    moved_from: number
      .optional()
      .describe(
        'The publication that had the name until now, where that was another: without a name it is kept as others are.',
      ),
  })
  .meta({ id: 'Pin' });

export const RollbackBody = z.strictObject({ to: RefValue.describe('Which publication is to be shown again.') });

export const RollbackView = z
  .object({
    publication: number.describe('The new publication, with the content of the one that was asked for.'),
    to: number,
    added: count,
    removed: count,
    indexing_behavior: z.literal('frozen').describe('So that the next change does not undo it.'),
    was_frozen: z.boolean().describe('Whether it was before.'),
    undo: z.string().describe('How to get back to what it showed before.'),
  })
  .meta({ id: 'Rollback' });

export const CompareQuery = Paging.extend({
  from: Ref,
  to: Ref.default('head'),
  subdir: z.string().max(100).optional(),
  name: z.string().max(300).optional().describe('A package name.'),
  change: z.enum(fileChanges).optional(),
});

const codes = [
  'uploaded',
  'deleted',
  'upstream_added',
  'upstream_removed',
  'upstream_changed',
  'layer_added',
  'layer_removed',
  'layer_changed',
  'below_added',
  'below_removed',
  'below_changed',
  'patched',
  'denied',
  'name_hidden',
  'name_shown',
  'hidden',
  'allowed',
] as const satisfies readonly ChangeCode[];

const ChangeReasonView = z.object({
  code: z.enum(codes).describe('What happened between the earlier and the later of the two.'),
  layer: z
    .string()
    .nullable()
    .describe('`uploads`, `below` for a channel below, or the name of the mirror; null when that is no more.'),
  detail: z.string().describe('The same in a sentence.'),
  rule: z
    .object({ code: z.string(), scope: z.string(), rule: z.string(), evidence: z.string(), remedy: z.string() })
    .optional()
    .describe('The rule that refuses the file now.'),
});

export const ComparisonView = z
  .object({
    from: number,
    to: number,
    added: count.describe('Files, whatever `change` asks for.'),
    removed: count,
    changed: count,
    items: z.array(
      z.object({
        subdir: z.string(),
        name: z.string(),
        file: z.string(),
        change: z.enum(fileChanges),
        reason: ChangeReasonView,
      }),
    ),
    total_count: count,
  })
  .meta({ id: 'Comparison' });

export const ReindexView = z.object({ detail: z.string() }).meta({ id: 'Reindex' });
