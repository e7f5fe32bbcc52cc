import type { Schemas } from '@sluice/api-client';
import { instant } from './amounts.ts';
import type { Cell } from './table.ts';

type Token = Schemas['Token'];

/** What a token may do, in short: its channels, or its scopes. */
export function grantsText({ scopes, resources }: Token): string {
  if (resources) return resources.map(({ channel, permission }) => `${channel}:${permission}`).join(', ');
  return scopes && scopes.length > 3 ? `${scopes.length} scopes` : (scopes ?? []).join(', ');
}

/** Everything about a token but its value. */
export function tokenPairs(token: Token): (readonly [string, Cell])[] {
  return [
    ['name', token.name],
    ['id', token.id],
    ['may', token.scopes ? token.scopes.join(', ') : grantsText(token)],
    ['expires', instant(token.expires_at)],
  ];
}
