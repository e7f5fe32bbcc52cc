import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Place } from './place.ts';
import type { RepoPath } from './repo-path.ts';

/** What stands below a channel's address: decoded, without outer slashes; `slash`: whether the client wrote one at the end. */
export type Below = Pick<RepoPath, 'rest' | 'slash'>;

/**
 * One client protocol below `/api/repo/<channel>[/<subchannel>][@<ref>]/`. By the time it is asked the channel is found, the
 * client may do there what its method means, and `place` says which publication it asks for.
 *
 * It refuses by throwing an error with a code, before it writes.
 */
export interface RepoProtocol {
  /** The first segments that are its own; the one without any has all others. */
  segments: readonly string[];
  /** Whether it answers for days before the first publication, going by when files were uploaded. Its place then has the number 0. */
  derivesPast?: boolean;
  /** By which methods clients upload at `rest`; none where it is only read. GET and HEAD are always taken. */
  uploads: (rest: string) => readonly ('POST' | 'PUT')[];
  /** Answer a GET or HEAD. */
  serve(place: Place, below: Below, request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Take an upload; `place` is the channel as it is now. */
  receive?(place: Place, below: Below, request: IncomingMessage, response: ServerResponse): Promise<void>;
}
