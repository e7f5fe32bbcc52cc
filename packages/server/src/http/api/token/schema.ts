import { z } from 'zod';

const expiry = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })])
  .describe('The last day it is good for (2026-12-31, UTC), or the instant it ends; at most a year ahead.');

const Resource = z.object({
  channel: z.string().min(1).max(300).describe('channel or channel/subchannel'),
  permission: z.enum(['read', 'write', 'manage']),
});

export const CreateTokenBody = z.object({
  name: z.string().trim().min(1).max(100),
  expires_at: expiry,
  scopes: z.array(z.string()).min(1).max(100).optional().describe('What it may do; see GET /api/account/scopes.'),
  resources: z.array(Resource).min(1).max(1000).optional().describe('Where it may do what. Either this or scopes.'),
});

export const RefreshTokenBody = z.object({ expires_at: expiry.optional() }).nullish();

export const TokenParams = z.object({ id: z.uuid() });

const fields = {
  id: z.uuid(),
  name: z.string(),
  type: z.enum(['scope', 'resource']),
  scopes: z.array(z.string()).optional(),
  resources: z.array(Resource).optional(),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
  last_used_at: z.iso.datetime().nullable(),
};

export const TokenView = z.object(fields).meta({ id: 'Token' });

export const IssuedTokenView = z
  .object({ ...fields, token: z.string().describe('The token itself. It is shown this once.') })
  .meta({ id: 'IssuedToken' });

export const TokenInfoView = z.object({ ...fields, account: z.string() }).meta({ id: 'TokenInfo' });
