import type { IncomingMessage } from 'node:http';
import { PublishError, parseRef, type ResolvedRef } from '@sluice/publish';
import { ServerError } from '../../errors.ts';
import type { Protocol } from '../protocol.ts';
import { requestContext } from '../request-context.ts';
import { type ChannelGateDeps, permittedChannel } from './channel-gate.ts';
import type { Place } from './place.ts';
import { parseRepoPath, type RepoPath } from './repo-path.ts';
import type { RepoProtocol } from './repo-protocol.ts';

/** What the door works with. */
export interface RepoDoorDeps extends ChannelGateDeps {
  /** Which publication of a channel a ref in a path means. */
  resolveRef: (channelId: number, ref: string) => Promise<ResolvedRef>;
}

/**
 * The one door below `/api/repo/`: it reads the path, asks at the channel's gate, finds the publication, and hands the rest to
 * the protocol that the first segment belongs to.
 *
 * @param protocols asked in this order; the last has what is nobody's.
 */
export function repoDoor(deps: RepoDoorDeps, protocols: readonly RepoProtocol[]): Protocol {
  const bySegment = new Map(protocols.flatMap((one) => one.segments.map((segment) => [segment, one] as const)));
  const others = protocols.at(-1)!;
  return async (request, response) => {
    const path = parseRepoPath((request.url ?? '').split('?', 1)[0] as string);
    if (!path) return false;
    requestContext(request).route = '/api/repo/*';
    const protocol = bySegment.get(path.rest.split('/', 1)[0]!) ?? others;
    const method = request.method ?? '';
    if (method === 'GET' || method === 'HEAD') {
      await protocol.serve(await findPlace(deps, path, request, protocol), path, request, response);
      return true;
    }
    const uploads = path.ref === undefined && protocol.receive ? protocol.uploads(path.rest) : [];
    if (!uploads.some((known) => known === method)) {
      response.setHeader('Allow', ['GET', 'HEAD', ...uploads].join(', '));
      throw new ServerError('method_not_allowed', notTaken(path, method));
    }
    const channel = await permittedChannel(deps, request, path.channel, 'artifact:create');
    await protocol.receive!({ channel, at: undefined, vary: undefined }, path, request, response);
    return true;
  };
}

/** The channel first: who may not see it learns nothing of its publications. */
async function findPlace(
  deps: RepoDoorDeps,
  path: RepoPath,
  request: IncomingMessage,
  { derivesPast = false }: RepoProtocol,
): Promise<Place> {
  const channel = await permittedChannel(deps, request, path.channel, 'artifact:download');
  const vary = channel.privacy === 'public' ? undefined : 'Authorization, X-Auth';
  if (path.ref === undefined) return { channel, at: undefined, vary };
  const { ref } = path;
  const { no } = await deps.resolveRef(channel.id, ref).catch((error: unknown) => {
    if (derivesPast && isBeforeFirst(error, ref)) return { no: 0 };
    throw error;
  });
  return { channel, at: { ref, no }, vary };
}

/** Whether a ref is a day or time by which nothing was published yet. */
function isBeforeFirst(error: unknown, ref: string): boolean {
  const nothing = error instanceof PublishError && error.code === 'publication_missing';
  return nothing && parseRef(ref).kind === 'before';
}

function notTaken({ ref }: RepoPath, method: string): string {
  return ref === undefined
    ? `${method} is not for this address: packages are read here. Upload them by POST /api/channels/<channel>/artifacts, Python's also to /api/repo/<channel>/legacy/.`
    : 'The past is only read; upload to the address of the channel without @.';
}
