import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { CliError } from '../errors.ts';
import type { Site } from '../site.ts';
import { instant } from '../views/amounts.ts';
import { fields } from '../views/table.ts';
import type { View } from '../views/view.ts';

interface Data {
  url: string;
  name: string;
  roles: string[];
  signed_in_by: Site['signedInBy'];
  /** Null when a session is shown, not a token. */
  token: { id: string; name: string; type: string; expires_at: string } | null;
}

export const usage: Usage = { words: 'whoami', summary: 'Say who you are at the server, and by which token' };

export async function run({ api, site }: Context): Promise<Data> {
  const { name, roles } = await answer(api.GET('/api/account'));
  return { url: site.url, name, roles, signed_in_by: site.signedInBy, token: await tokenOf(api) };
}

async function tokenOf(api: Context['api']): Promise<Data['token']> {
  try {
    const { id, name, type, expires_at } = await answer(api.GET('/api/account/token-info'));
    return { id, name, type, expires_at };
  } catch (error) {
    if (error instanceof CliError && error.problem?.code === 'not_a_token') return null;
    throw error;
  }
}

export const views = {
  human: ({ url, name, roles, signed_in_by, token }: Data, view: View): string =>
    fields(
      [
        ['server', url],
        ['account', name],
        ['roles', roles.join(', ')],
        ['signed in by', signed_in_by],
        ['token', token ? `${token.name}, good until ${instant(token.expires_at)}` : 'none: a session'],
      ],
      view,
    ),
  json: (data: Data): unknown => data,
};
