import type { IncomingMessage } from 'node:http';
import type { Credential, Principal } from '@sluice/identity';

/** What is known of a request before anybody handles it. */
export interface RequestContext {
  /** Opaque; in the log, in problem bodies and in the header `X-Request-Id`. */
  id: string;
  /** Where the request comes from, behind trusted proxies. */
  address: string;
  /** `https://host[:port]` as the client sees it. */
  origin: string;
  credential: Credential;
  /** The pattern of the route that took it, for logs and metrics. */
  route: string;
  /** Who asks; asked for once. */
  principal?: Promise<Principal>;
  /** Who asked, once it is known. */
  actor?: string;
}

const contexts = new WeakMap<IncomingMessage, RequestContext>();

/** Attach its context to a request. */
export function setRequestContext(request: IncomingMessage, context: RequestContext): void {
  contexts.set(request, context);
}

/** The context of a request that came in by {@link createFront}. */
export function requestContext(request: IncomingMessage): RequestContext {
  return contexts.get(request)!;
}
