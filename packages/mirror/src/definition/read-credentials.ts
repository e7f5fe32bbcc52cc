import type { DefinitionIssue } from '../errors.ts';
import { hidden, type SourceSecret } from '../source-address.ts';

/** How a source is shown who asks: what stands in its URL, or what was given beside it. */
export type Authentication = 'basic' | 'bearer' | 'path_token';

/**
 * Lay credentials given beside the URL over those of the URL: `{username, password}` for Basic, `{token}` for Bearer, null for
 * neither. Undefined leaves the URL's. A token in its path, `/t/<token>/`, is part of the address and stays.
 */
export function readCredentials(
  value: unknown,
  ofUrl: SourceSecret,
): { secret: SourceSecret } | { issue: DefinitionIssue } {
  if (value === undefined) return { secret: ofUrl };
  const { userInfo, bearer: _, ...others } = ofUrl;
  if (userInfo !== undefined && userInfo !== hidden) return refused('say them in the URL or here, not in both places');
  if (value === null) return { secret: others };
  if (typeof value !== 'object' || Array.isArray(value)) return refused(usage);
  const { username, password, token, ...strange } = value as Record<string, unknown>;
  if (Object.keys(strange).length > 0) return refused(usage);
  if (isText(token) && username === undefined && password === undefined) {
    return /^[\x21-\x7e]+$/.test(token)
      ? { secret: { ...others, bearer: token } }
      : refused('a token is one word of ASCII characters');
  }
  if (!isText(username) || (password !== undefined && typeof password !== 'string') || token !== undefined)
    return refused(usage);
  if (username.includes(':')) return refused('a user name has no colon');
  const name = encodeURIComponent(username);
  return {
    secret: { ...others, userInfo: password ? `${name}:${encodeURIComponent(password)}` : name },
  };
}

/** How a source with these secrets is asked; null for as anybody may. */
export function authenticationOf({ userInfo, bearer, token }: SourceSecret): Authentication | null {
  if (bearer !== undefined) return 'bearer';
  if (userInfo !== undefined) return 'basic';
  return token === undefined ? null : 'path_token';
}

const usage = 'write {"username", "password"} or {"token"}, or null for none';

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function refused(why: string): { issue: DefinitionIssue } {
  return {
    issue: { field: 'credentials', code: 'credentials_invalid', message: `The credentials cannot be used: ${why}.` },
  };
}
