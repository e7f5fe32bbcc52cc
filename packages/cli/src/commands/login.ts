import { Option } from 'commander';
import { issueCliToken } from '../cli-token.ts';
import type { Context, Usage } from '../command.ts';
import { answer, connect } from '../connect.ts';
import { CliError } from '../errors.ts';
import { ask, askSecret, canAsk, readSecret } from '../prompt.ts';
import { readSignIns, signInsFile, writeSignIns } from '../sign-ins.ts';
import { instant } from '../views/amounts.ts';
import { plain, type View } from '../views/view.ts';
import { paragraph } from '../views/wrap.ts';

interface Input {
  username?: string;
  passwordStdin?: boolean;
}

interface Data {
  url: string;
  account: string;
  token_name: string;
  token_expires_at: string;
  file: string;
}

const tries = 3;

export const usage: Usage = {
  words: 'login',
  summary: 'Sign in with name and password, and keep a token of 30 days for this machine',
  options: [
    new Option('--username <name>', 'who; asked for when left out'),
    new Option('--password-stdin', 'read the password from stdin'),
  ],
  examples: ['login', 'login --url https://packages.example.org', 'login --username admin --password-stdin < password'],
};

export async function run(context: Context, input: Input): Promise<Data> {
  const { io, site } = context;
  const { username, session } = await signIn(context, input);
  const token = await issueCliToken(connect({ url: site.url, token: session.token }), {
    hostname: io.hostname,
    now: io.now(),
  });
  const signIns = await readSignIns(io);
  signIns.default_site = site.url;
  signIns.sites[site.url] = {
    account: username,
    token: token.token,
    token_id: token.id,
    token_name: token.name,
    token_expires_at: token.expires_at,
    session: session.token,
    session_expires_at: session.expires_at,
  };
  await writeSignIns(io, signIns);
  if (site.signedInBy === 'SLUICE_TOKEN')
    context.say('SLUICE_TOKEN is set and goes before this sign-in; unset it to use this.');
  return {
    url: site.url,
    account: username,
    token_name: token.name,
    token_expires_at: token.expires_at,
    file: signInsFile(io),
  };
}

async function signIn({ io, site, say }: Context, input: Input) {
  const anonymous = connect({ url: site.url, token: undefined });
  const attempt = async (username: string, password: string) => ({
    username,
    session: await answer(anonymous.POST('/api/auth/login', { body: { username, password } })),
  });
  if (input.passwordStdin) {
    if (input.username === undefined) {
      throw new CliError('usage', 'With --password-stdin, say who signs in.', { wanted: '--username <name>' });
    }
    return attempt(input.username, await readSecret(io));
  }
  if (!canAsk(io)) {
    throw new CliError('usage', 'There is no terminal to ask for the password.', {
      wanted: '--username <name> --password-stdin',
    });
  }
  io.stderr.write(`Signing in at ${site.url}\n`);
  for (let left = tries - 1; ; left -= 1) {
    const username = input.username ?? (await ask(io, 'Name: ')).trim();
    try {
      return await attempt(username, await askSecret(io, 'Password: '));
    } catch (error) {
      const mayTryAgain = error instanceof CliError && error.problem?.code === 'login_refused' && left > 0;
      if (!mayTryAgain) throw error;
      say(plain(error.message));
    }
  }
}

export const views = {
  human: (data: Data, view: View): string =>
    paragraph(
      `Signed in at ${data.url} as ${plain(data.account)}. The token ${plain(data.token_name)} is good until ` +
        `${instant(data.token_expires_at)}; it is kept in ${data.file}`,
      view,
    ),
  json: (data: Data): unknown => data,
};
