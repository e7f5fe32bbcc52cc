import { CliError } from './errors.ts';
import type { Io } from './io.ts';
import { readSignIns, type SignIn } from './sign-ins.ts';

/** The server a command talks to, and who it is there. */
export interface Site {
  /** Without a slash at the end and without `/api`. */
  url: string;
  /** Who says that it is this server. */
  chosenBy: '--url' | 'SLUICE_URL' | 'sign-in' | 'default';
  token: string | undefined;
  signedInBy: 'SLUICE_TOKEN' | 'sign-in' | 'nothing';
  /** The stored sign-in at this server, also when `SLUICE_TOKEN` goes before it. */
  signIn: SignIn | undefined;
}

const defaultUrl = 'http://127.0.0.1:8080';

/**
 * Find out which server is meant and who asks: `--url` or `SLUICE_URL`, else where the last sign-in was, else this machine;
 * `SLUICE_TOKEN`, else the sign-in at that server.
 *
 * @throws {CliError} `usage`, `config_invalid`.
 */
export async function findSite(io: Pick<Io, 'env' | 'home'>, urlOption?: string): Promise<Site> {
  const { SLUICE_URL, SLUICE_TOKEN } = io.env;
  const { default_site, sites } = await readSignIns(io);
  const choices: [Site['chosenBy'], string | undefined][] = [
    ['--url', urlOption],
    ['SLUICE_URL', SLUICE_URL],
    ['sign-in', default_site],
  ];
  const [chosenBy, text] = choices.find(([, text]) => text) ?? (['default', defaultUrl] as const);
  const url = siteUrl(text!, chosenBy);
  const signIn = sites[url];
  if (SLUICE_TOKEN) return { url, chosenBy, token: SLUICE_TOKEN.trim(), signedInBy: 'SLUICE_TOKEN', signIn };
  if (signIn) return { url, chosenBy, token: signIn.token, signedInBy: 'sign-in', signIn };
  return { url, chosenBy, token: undefined, signedInBy: 'nothing', signIn };
}

function siteUrl(text: string, from: string): string {
  const url = URL.parse(text);
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw notUrl(from, 'http://host[:port] or https://host[:port]', text);
  if (url.username || url.password) {
    throw notUrl(from, 'a URL without name and password; sign in with npx sluice login', url.host);
  }
  return url.origin + url.pathname.replace(/\/+$/, '').replace(/\/api$/, '');
}

function notUrl(from: string, wanted: string, found: string): CliError {
  return new CliError('usage', `${from} does not say where the server is.`, { wanted, found });
}
