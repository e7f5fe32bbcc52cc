import { z } from 'zod';

export const AccountView = z
  .object({
    id: z.uuid(),
    name: z.string(),
    roles: z.array(z.string()),
    created_at: z.iso.datetime(),
    last_login_at: z.iso.datetime().nullable(),
    default_channel_name: z.string().nullable().describe('Where uploads go that name no channel.'),
  })
  .meta({ id: 'Account' });

export const EditAccountBody = z.strictObject({
  default_channel_name: z
    .string()
    .max(1000)
    .nullable()
    .optional()
    .describe('`<channel>` or `<channel>/<subchannel>` that you may write to; null: none. Left out, it stays.'),
});

export const ScopesView = z.object({ scopes: z.array(z.string()) }).meta({ id: 'Scopes' });
