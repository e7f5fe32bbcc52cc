import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * The door of a client protocol (conda, PyPI, CRAN), asked before Fastify. Answers true when the request is its own.
 *
 * By then `request.url` holds no token any more; {@link principalOf} says who asks. What it throws becomes a problem
 * answer, so it throws before it writes.
 */
export type Protocol = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;
