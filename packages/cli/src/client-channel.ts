import type { Context } from './command.ts';
import { answer } from './connect.ts';

/** A channel as a client's settings need it. */
export interface ClientChannel {
  /** For a channel that not everybody may read, without a token. */
  url: string;
  /** The same for a client that shows its token in the path; `<TOKEN>` stands for it. */
  url_with_token: string;
  needs_token: boolean;
  /** How to get a token; nothing when none is needed. */
  token_command: string | null;
}

/** Find out how clients reach a channel. @throws {CliError} `refused` when it is not there. */
export async function clientChannel({ api, site }: Context, channel: string): Promise<ClientChannel> {
  const { privacy } = await answer(api.GET('/api/channels/{channel}', { params: { path: { channel } } }));
  const needs_token = privacy !== 'public';
  const url = `${site.url}/api/repo/${channel}`;
  return {
    url,
    url_with_token: needs_token ? `${site.url}/api/repo/t/<TOKEN>/${channel}` : url,
    needs_token,
    token_command: needs_token ? `npx sluice token create <name> --resource ${channel}:read` : null,
  };
}

/** The settings of conda and of what reads its settings. */
export function condarc({ url_with_token, token_command }: ClientChannel, file: string): string {
  return [
    `# ${file}`,
    ...(token_command === null ? [] : [`# <TOKEN>: ${token_command}`]),
    'channels:',
    `  - ${url_with_token}`,
  ].join('\n');
}
