import type { TokenRow } from '@sluice/catalog';
import type { IssuedToken } from '@sluice/identity';
import type { z } from 'zod';
import type { IssuedTokenView, TokenView } from './schema.ts';

/** A token as its owner sees it: never with its secret. */
export function tokenView(row: TokenRow): z.output<typeof TokenView> {
  return {
    id: row.id,
    name: row.name,
    type: row.scopes === null ? 'resource' : 'scope',
    ...(row.scopes === null ? {} : { scopes: row.scopes }),
    ...(row.resources === null ? {} : { resources: row.resources }),
    created_at: row.created_at.toISOString(),
    expires_at: row.expires_at.toISOString(),
    last_used_at: row.last_used_at?.toISOString() ?? null,
  };
}

/** A token with its secret, for the one answer that shows it. */
export function issuedTokenView({ row, secret }: IssuedToken): z.output<typeof IssuedTokenView> {
  return { ...tokenView(row), token: secret };
}
