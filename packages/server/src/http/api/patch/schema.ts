import { z } from 'zod';

export const SubdirParams = { subdir: z.string().min(1).max(100) };

export const PatchQuery = z.object({
  dry_run: z.stringbool().default(false).describe('Only say what would change.'),
});

export const PatchDocument = z
  .record(z.string(), z.unknown())
  .describe(
    'A patch_instructions.json of version 1 or 2: packages, packages.conda, v3, remove, revoke. It replaces what the subdir has.',
  );

export const PatchPackageForm = z.object({
  content: z.file().describe('A conda package that holds <subdir>/patch_instructions.json, under its own file name.'),
});

export const PatchList = z
  .object({
    patch_rev: z.int().min(0).describe('Grows by one with every change of patches.'),
    items: z.array(
      z.object({
        subdir: z.string(),
        sha256: z.string().describe('Of the document as it is stored, sorted and compact.'),
        bytes: z.int().min(0),
        created_at: z.iso.datetime(),
        created_by: z.string(),
      }),
    ),
  })
  .meta({ id: 'PatchList' });

const PatchPreview = z
  .object({
    subdir: z.string(),
    files: z.int().min(0).describe('Files whose record is changed, compared to what their sources say.'),
    removed: z.int().min(0),
    revoked: z.int().min(0),
    unknown: z
      .object({ count: z.int().min(0), files: z.array(z.string()) })
      .describe('Files that are named but in no layer of the channel; they are passed over. The first 100.'),
    changes: z
      .object({
        count: z.int().min(0),
        items: z.array(
          z.object({
            file: z.string(),
            key: z.string().nullable().describe('Null: the whole record, listed or removed.'),
            before: z.unknown(),
            after: z.unknown(),
          }),
        ),
      })
      .describe('Key by key, compared to what is shown now; what is not there is left out. The first 100.'),
  })
  .meta({ id: 'PatchPreview' });

export const PatchingView = z
  .object({
    patch_rev: z.int().min(0).describe('Of the channel from now on; the same as before when nothing changed.'),
    subdirs: z.array(PatchPreview),
  })
  .meta({ id: 'Patching' });
