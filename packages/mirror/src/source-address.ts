import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { MirrorError } from './errors.ts';
import { redact } from './redact.ts';

/** What was cut out of a source's URL and proxy before they became a key. Percent-encoded as it stood in the URL. */
export interface SourceSecret {
  /** `user:password` of the source. */
  userInfo?: string;
  /** Shown as `Authorization: Bearer` to the source's host. Not in the URL. */
  bearer?: string;
  /** What `***` in the path `/t/***` stands for. */
  token?: string;
  /** `user:password` of the proxy. */
  proxyUserInfo?: string;
}

/**
 * Where a source is and how it is reached, in one spelling and without its secrets: `http(s)://host[:port]/path` or `file:///path`.
 * `ca`: PEM certificates that its server is checked against beside the known ones.
 */
export interface SourceAddress {
  url: string;
  proxy: string | null;
  ca: string | null;
  secret: SourceSecret;
}

/** What stands for a secret that is shown; typed back, it means the one that is stored. */
export const hidden = '***';
const tokenPath = /^(.*\/t\/)([^/]+)(\/.*|)$/;

/**
 * Read what a person typed as a source: an http(s) URL, a `file:` URL or the absolute path of a folder.
 *
 * Two spellings of one place give one address: host in lower case, no default port, no slash at the end, no query.
 *
 * @throws {MirrorError} `source_url`, saying what is wrong. Holds no secret.
 */
export function parseSourceAddress(source: string, proxy?: string | null): SourceAddress {
  const { url, secret } = parseSourceUrl(source.trim());
  const through = proxy == null ? { proxy: null, secret: {} } : parseProxy(proxy.trim());
  return { url, proxy: through.proxy, ca: null, secret: { ...secret, ...through.secret } };
}

/** The address as a URL that can be asked: with its secrets. Never to be shown. */
export function withSecret(url: string, secret: SourceSecret): string {
  const full = new URL(url);
  if (secret.token !== undefined) full.pathname = full.pathname.replace(`/t/${hidden}`, `/t/${secret.token}`);
  setUserInfo(full, secret.userInfo);
  return withoutSlash(full.href);
}

/** The proxy with its secrets, or undefined when the source has none. */
export function proxyWithSecret(proxy: string | null, secret: SourceSecret): string | undefined {
  if (proxy === null) return undefined;
  const full = new URL(proxy);
  setUserInfo(full, secret.proxyUserInfo);
  return full.href;
}

/** What a person sees of an address: `***` where a secret is. Typed back, it means the secret that is there. */
export function shownAddress(
  address: { url: string; proxy: string | null },
  secret: SourceSecret,
): { url: string; proxy: string | null } {
  const shown = (url: string, userInfo: string | undefined) =>
    userInfo === undefined ? url : url.replace('://', `://${hidden}@`);
  return {
    url: shown(address.url, secret.userInfo),
    proxy: address.proxy === null ? null : shown(address.proxy, secret.proxyUserInfo),
  };
}

/**
 * Put back the secrets where a new address has `***` at the place the old one has a secret, as long as they would go to
 * the same host: a secret never moves elsewhere by an edit.
 */
export function keepSecrets(next: SourceAddress, previous: SourceAddress): SourceAddress {
  const sameSource = new URL(next.url).origin === new URL(previous.url).origin;
  const kept = (key: keyof SourceSecret, same: boolean): SourceSecret => {
    const value = next.secret[key] === hidden ? (same ? previous.secret[key] : undefined) : next.secret[key];
    return value === undefined ? {} : { [key]: value };
  };
  return {
    ...next,
    secret: {
      ...kept('userInfo', sameSource),
      ...kept('bearer', sameSource),
      ...kept('token', sameSource),
      ...kept('proxyUserInfo', next.proxy === previous.proxy),
    },
  };
}

function parseSourceUrl(text: string): { url: string; secret: SourceSecret } {
  if (isAbsolute(text)) return { url: withoutSlash(pathToFileURL(resolve(text)).href), secret: {} };
  if (!URL.canParse(text))
    throw wrong(text, 'write http(s)://host/channel, file:///folder or the absolute path of a folder');
  const url = new URL(text);
  if (url.protocol === 'file:') return { url: fileUrl(url), secret: {} };
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw wrong(text, `${url.protocol}// is not read; only http, https and file are`);
  if (url.search !== '' || url.hash !== '') throw wrong(text, 'leave out the part behind ? or #');
  if (/\.json(\.zst|\.bz2)?$/.test(url.pathname)) throw wrong(text, 'give the channel, not the document in it');
  const userInfo = userInfoOf(url);
  const token = tokenPath.exec(url.pathname);
  if (token) url.pathname = `${token[1]}${hidden}${token[3]}`;
  url.username = '';
  url.password = '';
  return {
    url: withoutSlash(url.href),
    secret: { ...(userInfo === undefined ? {} : { userInfo }), ...(token ? { token: token[2]! } : {}) },
  };
}

function fileUrl(url: URL): string {
  try {
    return withoutSlash(pathToFileURL(resolve(fileURLToPath(url))).href);
  } catch (cause) {
    throw wrong(
      url.href,
      'a file URL has three slashes and names a folder of the server, like file:///srv/channel',
      cause,
    );
  }
}

function parseProxy(text: string): { proxy: string; secret: SourceSecret } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' || url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw new MirrorError(
      'source_url',
      `The proxy ${redact(text)} cannot be used: write http://[user:password@]host[:port].`,
      {
        wanted: 'http://[user:password@]host[:port]',
        found: redact(text),
      },
    );
  }
  const userInfo = userInfoOf(url);
  url.username = '';
  url.password = '';
  return { proxy: withoutSlash(url.href), secret: userInfo === undefined ? {} : { proxyUserInfo: userInfo } };
}

function userInfoOf(url: URL): string | undefined {
  if (url.username === '' && url.password === '') return undefined;
  return url.password === '' ? url.username : `${url.username}:${url.password}`;
}

function setUserInfo(url: URL, userInfo: string | undefined): void {
  if (userInfo === undefined) return;
  const [user = '', password = ''] = userInfo.split(/:(.*)/s);
  url.username = user;
  url.password = password;
}

function withoutSlash(href: string): string {
  return href.replace(/\/+$/, '');
}

function wrong(text: string, what: string, cause?: unknown): MirrorError {
  return new MirrorError('source_url', `The source ${redact(text)} cannot be read: ${what}.`, {
    found: redact(text),
    cause,
  });
}
