import { fileChanges } from '@sluice/publish';
import { z } from 'zod';
import { readCursor } from './cursor.ts';

const causes = ['run', 'ask', 'upload', 'delete', 'yank', 'keep', 'vanish', 'bundle', 'publication'] as const;

const CauseView = z.object({
  kind: z
    .enum(causes)
    .describe(
      'run, ask: found upstream; upload, delete, yank: done here; vanish: the time was up of a file that had vanished upstream; keep: left by a deleted mirror; bundle: brought by one; publication: nothing happened to the file, but to rules, layers or patches, or the channel was rolled back or unfrozen.',
    ),
  detail: z.string().describe('The same in a sentence.'),
  at: z.iso.datetime(),
  actor: z.string().nullable().describe('Null for the server itself, and for who may not see the history.'),
  mirror: z.string().nullable(),
  run_id: z.string().nullable(),
});

export const ChangesQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('The most items to answer.'),
  cursor: z
    .string()
    .max(1000)
    .transform((word, context) => {
      const cursor = readCursor(word);
      if (!cursor) context.addIssue({ code: 'custom', message: 'This is none that a page of changes gave as next.' });
      return cursor;
    })
    .optional()
    .describe('`next` of the page before.'),
  since: z
    .union([z.iso.datetime({ offset: true }), z.iso.date()])
    .transform((given) => new Date(given))
    .optional()
    .describe('Only what was published since this day or time (UTC).'),
  part: z.string().max(200).optional().describe('Only there: a conda subdir, `pypi`, a tree of CRAN.'),
  name: z.string().max(300).optional().describe('Only files of this package.'),
  change: z.enum(fileChanges).optional(),
});

export const ChangesView = z
  .object({
    items: z.array(
      z.object({
        publication: z.int().describe('The first kept publication that shows it so.'),
        published: z.iso.datetime(),
        change: z.enum(fileChanges),
        part: z.string(),
        name: z.string(),
        file: z.string(),
        cause: CauseView,
      }),
    ),
    next: z
      .string()
      .nullable()
      .describe('The cursor of the next page; null behind the last. A page may be short and not the last.'),
  })
  .meta({ id: 'Changes' });

const TurnView = z.object({
  kind: z.enum(causes).nullable().describe('Null where nobody noted it.'),
  at: z.iso.datetime().nullable(),
  actor: z.string().nullable(),
  mirror: z.string().nullable(),
  run_id: z.string().nullable(),
});

export const FileHistoryView = z
  .object({
    part: z.string(),
    file: z.string(),
    deleted: z
      .object({ at: z.iso.datetime(), actor: z.string().nullable() })
      .nullable()
      .describe('When it was deleted last from what was uploaded here.'),
    versions: z
      .array(
        z.object({
          sha256: z.string().nullable(),
          size: z.number().nullable(),
          begun: TurnView,
          ended: TurnView.nullable().describe('Null while its source has it.'),
          shown: z
            .array(
              z.object({
                from: z.int(),
                from_at: z.iso.datetime().nullable(),
                to: z.int().nullable().describe('The publication without it; null for the head.'),
                to_at: z.iso.datetime().nullable(),
              }),
            )
            .describe('Which publications list it, the newest first.'),
        }),
      )
      .describe('Versions of its metadata in all sources that the channel has or had, the newest first.'),
  })
  .meta({ id: 'FileHistory' });
