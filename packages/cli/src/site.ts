import { type Config, readConfig, type SslVerify } from './config-file.ts';
import { CliError } from './errors.ts';
import type { Io } from './io.ts';
import { readSignIns, type SignIn, type SignIns } from './sign-ins.ts';
import { siteUrl } from './site-url.ts';

/** The server a command talks to, and who it is there. */
export interface Site {
  /** Without a slash at the end and without `/api`. */
  url: string;
  /** Who says that it is this server. */
  chosenBy: '--url' | '--site' | 'SLUICE_URL' | 'default_site' | 'sign-in' | 'default';
  token: string | undefined;
  signedInBy: 'SLUICE_TOKEN' | 'sign-in' | 'nothing';
  /** The stored sign-in at this server, also when `SLUICE_TOKEN` goes before it. */
  signIn: SignIn | undefined;
  sslVerify: SslVerify;
}

const defaultUrl = 'http://127.0.0.1:8080';

/** The site of a command that needs none. */
export const noSite: Site = {
  url: defaultUrl,
  chosenBy: 'default',
  token: undefined,
  signedInBy: 'nothing',
  signIn: undefined,
  sslVerify: true,
};

/**
 * Find out which server is meant and who asks: `--url`, `--site` or `SLUICE_URL`, else the site that the settings name, else where
 * the last sign-in was, else this machine; `SLUICE_TOKEN`, else the sign-in at that server.
 *
 * @throws {CliError} `usage`, `config_invalid`.
 */
export async function findSite(
  io: Pick<Io, 'env' | 'home'>,
  { url: urlOption, site }: { url?: string | undefined; site?: string | undefined } = {},
): Promise<Site> {
  const { SLUICE_URL } = io.env;
  const [signIns, config] = await Promise.all([readSignIns(io), readConfig(io)]);
  const { default_site } = config;
  const choices: [Site['chosenBy'], () => string | undefined][] = [
    ['--url', () => urlOption],
    ['--site', () => site && urlOfSite(config, site)],
    ['SLUICE_URL', () => SLUICE_URL],
    ['default_site', () => default_site && urlOfSite(config, default_site)],
    ['sign-in', () => signIns.default_site],
  ];
  for (const [chosenBy, choose] of choices) {
    const text = choose();
    if (text) return siteAt(io, { url: siteUrl(text, chosenBy), chosenBy, config, signIns });
  }
  return siteAt(io, { url: defaultUrl, chosenBy: 'default', config, signIns });
}

interface Chosen {
  url: string;
  chosenBy: Site['chosenBy'];
  config: Config;
  signIns: SignIns;
}

function siteAt({ env: { SLUICE_TOKEN } }: Pick<Io, 'env'>, { url, chosenBy, config, signIns }: Chosen): Site {
  const signIn = signIns.sites[url];
  const named = Object.values(config.sites).find((one) => one.url === url);
  const sslVerify = named?.ssl_verify ?? config.ssl_verify ?? true;
  const site = { url, chosenBy, signIn, sslVerify };
  if (SLUICE_TOKEN) return { ...site, token: SLUICE_TOKEN.trim(), signedInBy: 'SLUICE_TOKEN' };
  if (signIn) return { ...site, token: signIn.token, signedInBy: 'sign-in' };
  return { ...site, token: undefined, signedInBy: 'nothing' };
}

/** A site is named, or is an address itself. */
function urlOfSite({ sites }: Config, name: string): string {
  const url = Object.hasOwn(sites, name) ? sites[name]?.url : undefined;
  if (url !== undefined) return url;
  if (/^https?:/.test(name)) return name;
  throw new CliError('usage', `There is no site ${name}.`, {
    wanted: Object.keys(sites).join(', ') || 'a site of the settings',
    next: `npx sluice config set sites.${name}.url https://<host>`,
  });
}
