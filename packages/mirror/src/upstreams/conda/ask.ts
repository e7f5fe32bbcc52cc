import { MirrorError } from '../../errors.ts';
import type { HttpAnswer } from '../../fetch/http-client.ts';
import { conditionalHeaders, type Validators } from '../../fetch/validators.ts';
import type { UpstreamDeps } from '../upstream-deps.ts';
import { channelLocation, channelUrl } from './locate.ts';

/** What was last read of a document, and from where. */
export interface KnownDocument extends Validators {
  /** Without secrets, as stored; null when nothing was. */
  url: string | null;
}

/**
 * Ask a channel of the network for one of its documents, with the validators of last time if it is the one that was read.
 *
 * @param path below the channel.
 * @throws {MirrorError} what {@link UpstreamDeps.http} throws.
 */
export async function ask(
  deps: UpstreamDeps,
  path: string,
  encoding: 'json' | 'zst',
  known: KnownDocument,
): Promise<HttpAnswer | 'unchanged'> {
  const location = channelLocation(deps.address, path);
  if (location.kind !== 'http') throw new TypeError('a channel of the network has its documents there');
  const same = known.url === channelUrl(deps.address, path);
  const validators = conditionalHeaders(same ? known : undefined);
  const answer = await deps.http.open({
    url: location.url,
    headers: {
      accept: encoding === 'json' ? 'application/json, */*;q=0.5' : 'application/zstd, */*;q=0.5',
      'accept-encoding': encoding === 'json' ? 'gzip' : 'identity',
      ...validators,
    },
    signal: deps.signal,
  });
  if (answer.status === 200) return answer;
  await answer.discard();
  // Who was not told what is known here cannot know that it is still the same.
  if (answer.status === 304 && Object.keys(validators).length > 0) return 'unchanged';
  throw new MirrorError(
    'upstream_malformed',
    `The upstream answered ${channelUrl(deps.address, path)} with status ${answer.status} unasked.`,
    { wanted: 'status 200', found: `status ${answer.status}` },
  );
}
