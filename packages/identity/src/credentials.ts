/** What a request showed to say who is asking. At most one is read from a request; see {@link readCredential}. */
export type Credential =
  | { kind: 'none' }
  /** An API token or a session (a JWT). */
  | { kind: 'secret'; secret: string }
  /** The name and password of an account. */
  | { kind: 'password'; name: string; password: string };

/** The parts of a request that may hold a credential. Header names are lower case, as `node:http` gives them. */
export interface CredentialRequest {
  /** Path and query, as on the request line. */
  url: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** A request's credential and its URL without it. */
export interface CredentialReading {
  url: string;
  credential: Credential;
}

/** All tokens begin so, which lets Basic tell a token from a password. */
export const TOKEN_PREFIX = 'slc-';

/** Some clients quote it. */
const SLASH = /(\/|%2f)/i;
const TOKEN_AHEAD = /(?:\/|%2f)t(?:\/|%2f)/i;

const NONE: Credential = { kind: 'none' };
const BASIC = /^basic +([A-Za-z0-9+/_-]+=*) *$/i;
const SCHEME_AND_SECRET = /^(?:bearer|token) +([^\s]+) *$/i;
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * Read who is asking from a request, and take the token out of its path.
 *
 * The first of these that is present counts, even when it turns out to be worthless: `/t/<token>/` in the path,
 * `X-Auth`, `X-API-Key`, `Authorization` (`Basic`, `Bearer`, or anaconda-client's `token`). Pure; never throws.
 *
 * @see conda's `split_anaconda_token` and rattler's `CondaToken`: the token may stand anywhere in the path.
 */
export function readCredential(request: CredentialRequest): CredentialReading {
  const { url, token } = takePathToken(request.url);
  if (token !== undefined) return { url, credential: { kind: 'secret', secret: token } };
  return { url, credential: readHeaders(request.headers) };
}

/**
 * Where a path segment `t` announces a token, its slashes percent-encoded or not: at the root (rattler), or in and below `/api/repo` (conda, R).
 * The management API is left alone: there `t` may be the name of a package.
 */
function takePathToken(url: string): { url: string; token: string | undefined } {
  if (!TOKEN_AHEAD.test(url)) return { url, token: undefined };
  const end = url.search(/[?#]/);
  const path = end === -1 ? url : url.slice(0, end);
  const rest = path.length === url.length ? '' : url.slice(path.length);
  // Segments, and between them their slashes: what remains is as it was written.
  const parts = path.split(SLASH);
  const at = parts.indexOf('t', 2);
  const token = at === -1 ? undefined : parts[at + 2];
  if (!token) return { url, token: undefined };
  const isLast = at + 3 === parts.length;
  parts.splice(isLast ? at - 1 : at, 4);
  const left = parts.join('');
  if (at !== 2 && !/^\/api\/repo(?:\/|$)/.test(left)) return { url, token: undefined };
  return { url: (left || '/') + rest, token };
}

function readHeaders(headers: CredentialRequest['headers']): Credential {
  const bare = single(headers['x-auth']) ?? single(headers['x-api-key']);
  if (bare !== undefined) return { kind: 'secret', secret: bare.trim() };
  const authorization = single(headers.authorization);
  if (authorization === undefined) return NONE;
  const basic = BASIC.exec(authorization)?.[1];
  if (basic !== undefined) return readBasic(basic);
  const secret = SCHEME_AND_SECRET.exec(authorization)?.[1];
  // A header we cannot read is a credential that does not hold: saying nothing would hide a client's mistake.
  return { kind: 'secret', secret: secret ?? '' };
}

function readBasic(encoded: string): Credential {
  const pair = new TextDecoder().decode(Buffer.from(encoded, 'base64'));
  const colon = pair.indexOf(':');
  const user = colon === -1 ? pair : pair.slice(0, colon);
  const password = colon === -1 ? '' : pair.slice(colon + 1);
  if (password === '') return { kind: 'secret', secret: user };
  if (user === '__token__' || password.startsWith(TOKEN_PREFIX) || JWT.test(password)) {
    return { kind: 'secret', secret: password };
  }
  return { kind: 'password', name: user, password };
}

function single(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
