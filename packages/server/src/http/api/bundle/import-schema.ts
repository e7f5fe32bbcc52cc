import { z } from 'zod';
import { BundleView } from './schema.ts';

/** What is to be imported: a path of the server, or parts that will be sent. */
export const ImportBody = z
  .object({
    path: z.string().min(1).max(4096).optional().describe('A part, or a folder with parts (*.sluice), on the server.'),
    manifest: z.base64().max(2000).optional().describe('The first kilobyte of any part: then the parts are sent.'),
  })
  .refine(({ path, manifest }) => (path === undefined) !== (manifest === undefined), 'Give a path or a manifest.')
  .meta({ id: 'BundleImportWish' });

export const BegunImports = z
  .object({
    items: z.array(BundleView),
    refused: z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })),
  })
  .meta({ id: 'BegunImports' });

export const SentPart = z
  .object({ bytes: z.number().describe('So many bytes of the part are here.'), done: z.boolean() })
  .meta({ id: 'SentPart' });

export const TrustedIssuerView = z
  .object({
    issuer: z.string(),
    key: z.string().describe('ed25519, base64 of the raw 32 bytes.'),
    note: z.string(),
    added_at: z.iso.datetime(),
    added_by: z.string(),
  })
  .meta({ id: 'TrustedIssuer' });

export const TrustBody = z
  .object({
    key: z.string().max(200).describe('What `sluice bundle key` shows over there.'),
    note: z.string().max(500).default('').describe('Whose it is.'),
  })
  .meta({ id: 'TrustedIssuerWish' });

export const WatchedFileView = z
  .object({
    name: z.string(),
    size: z.number(),
    status: z.enum(['taken', 'refused', 'left']),
    code: z.string().nullable(),
    message: z.string(),
    bundle_id: z.uuid().nullable(),
    at: z.iso.datetime(),
  })
  .meta({ id: 'WatchedFile' });
