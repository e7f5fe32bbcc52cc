import { z } from 'zod';

export const AccountView = z
  .object({
    id: z.uuid(),
    name: z.string(),
    roles: z.array(z.string()),
    created_at: z.iso.datetime(),
    last_login_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Account' });

export const ScopesView = z.object({ scopes: z.array(z.string()) }).meta({ id: 'Scopes' });
