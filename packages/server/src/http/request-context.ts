import type { IncomingMessage } from 'node:http';
import type { Credential, Principal } from '@sluice/identity';
import type { HotKey } from './hot-answers.ts';

/** What is known of a request before anybody handles it. */
export interface RequestContext {
  /** Opaque; in the log, in problem bodies and in the header `X-Request-Id`. */
  readonly id: string;
  /** Where the request comes from, behind trusted proxies. */
  readonly address: string;
  /** `https://host[:port]` as the client sees it; the configured public URL when there is one. */
  readonly origin: string;
  readonly credential: Credential;
  /** The pattern of the route that took it, for logs and metrics. */
  route: string;
  /** Who asks, once that is known. */
  principal: Principal | undefined;
  /** Where the answer may be kept for the same request again. */
  readonly hotKey: HotKey | undefined;
}

const contexts = new WeakMap<IncomingMessage, RequestContext>();

/** Attach its context to a request. */
export function setRequestContext(request: IncomingMessage, context: RequestContext): void {
  contexts.set(request, context);
}

/** The context of a request; every request has one from the moment it came in. */
export function requestContext(request: IncomingMessage): RequestContext {
  return contexts.get(request)!;
}
