import { MirrorError } from '../../errors.ts';
import { withSecret } from '../../source-address.ts';
import type { UpstreamDeps } from '../upstream-deps.ts';

/** What installers ask for, the form we like best first. @see PEP 691 */
export const simpleAccept =
  'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1';

/**
 * The address of an index's simple pages, without secrets and without a slash at the end. People give it as it is, or without
 * its last segment: then the upstream is asked which of the two it means.
 *
 * @param known what was found out before.
 * @throws {MirrorError} what {@link UpstreamDeps.http} throws, but for `upstream_missing` and `upstream_denied`.
 */
export async function simpleRoot(deps: UpstreamDeps, known: string | null | undefined): Promise<string> {
  const { url } = deps.address;
  if (known === url || known === `${url}/simple`) return known;
  const path = new URL(url).pathname;
  if (url.startsWith('file:') || /simple$/i.test(path)) return url;
  const below = `${url}/simple`;
  return (await isThere(deps, below)) ? below : url;
}

/** An address of this index with its secrets, to be asked. `below` is in URL form. */
export function simpleUrl({ address }: Pick<UpstreamDeps, 'address'>, root: string, below: string): string {
  return `${withSecret(root, address.secret)}/${below}`;
}

async function isThere(deps: UpstreamDeps, url: string): Promise<boolean> {
  try {
    const answer = await deps.http.open({
      url: `${withSecret(url, deps.address.secret)}/`,
      headers: { accept: simpleAccept, 'accept-encoding': 'gzip' },
      signal: deps.signal,
    });
    await answer.discard();
    return true;
  } catch (error) {
    if (error instanceof MirrorError && none.includes(error.code)) return false;
    throw error;
  }
}

const none = ['upstream_missing', 'upstream_denied', 'upstream_malformed'];
