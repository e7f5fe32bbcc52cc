import { z } from 'zod';

const pattern = z.string().max(1000).describe('A package name in lower case; * stands for any text: acme-*');
const note = z.string().max(1000).describe('What it is kept for.');

export const ReserveNameBody = z.strictObject({ pattern, note: note.default('') });

export const ReservedNameParams = z.object({ pattern });

export const ReservedNameView = z
  .object({ pattern, note, created_at: z.iso.datetime(), created_by: z.string() })
  .meta({ id: 'ReservedName' });
