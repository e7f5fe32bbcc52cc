import { createHash } from 'node:crypto';
import { conditionalHeaders, type Validators } from '../../fetch/validators.ts';
import { withSecret } from '../../source-address.ts';
import { absentIfMissing } from '../absent-if.ts';
import { openFolderFile } from '../folder-file.ts';
import { locationOf } from '../location.ts';
import { readBounded } from '../read-bounded.ts';
import type { UpstreamDeps } from '../upstream-deps.ts';
import { malformed } from './unpack.ts';

/** What was last read of an index, and from where. Without secrets. */
export interface KnownIndex extends Validators {
  url: string | null;
}

/** An index as it was given, packed as it may be. */
export interface AskedIndex extends Validators {
  url: string;
  bytes: Uint8Array;
  sha256: Uint8Array;
}

/** CRAN's largest has 6 MB. */
const mostBytes = 256 * 1024 * 1024;

/**
 * Ask for one index of an upstream, over http or in a folder, with the validators of last time if it is the one that was
 * read.
 *
 * @param url without secrets.
 * @param headers of our own.
 * @returns undefined when there is none.
 * @throws {MirrorError} what {@link UpstreamDeps.http} throws; `upstream_malformed` when it is too large.
 */
export async function askIndex(
  deps: UpstreamDeps,
  url: string,
  known?: KnownIndex,
  headers: Readonly<Record<string, string>> = {},
): Promise<AskedIndex | 'unchanged' | undefined> {
  const isSame = known?.url === url;
  const location = locationOf(new URL(withSecret(url, deps.address.secret)));
  if (location.kind === 'file') {
    const file = await openFolderFile(deps, location.path, { url, etag: isSame ? known.etag : null });
    if (file === undefined || file === 'unchanged') return file;
    return asked(url, await readBounded(file.bytes, mostBytes, url), { etag: file.etag, lastModified: null });
  }
  const validators = conditionalHeaders(isSame ? known : undefined);
  const answer = await deps.http
    .open({
      url: location.url,
      headers: { 'accept-encoding': 'identity', ...validators, ...headers },
      signal: deps.signal,
    })
    .catch(absentIfMissing);
  if (answer === undefined) return undefined;
  if (answer.status !== 200) {
    await answer.discard();
    if (answer.status === 304 && Object.keys(validators).length > 0) return 'unchanged';
    throw malformed(url, 'status 200', `status ${answer.status}`);
  }
  const { etag = null, 'last-modified': lastModified = null } = answer.headers;
  return asked(url, await readBounded(answer.body, mostBytes, url), { etag, lastModified });
}

function asked(url: string, bytes: Uint8Array, validators: Validators): AskedIndex {
  return { url, bytes, sha256: createHash('sha256').update(bytes).digest(), ...validators };
}
