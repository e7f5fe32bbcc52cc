import type { AccountRow } from '@sluice/catalog';
import type { z } from 'zod';
import type { AccountView } from './schema.ts';

/** An account as its owner sees it. */
export function accountView(row: AccountRow): z.output<typeof AccountView> {
  return {
    id: row.id,
    name: row.name,
    roles: row.roles,
    created_at: row.created_at.toISOString(),
    last_login_at: row.last_login_at?.toISOString() ?? null,
    default_channel_name: row.default_channel,
  };
}
