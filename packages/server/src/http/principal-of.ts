import type { IncomingMessage } from 'node:http';
import { type Principal, type ResolveDeps, resolvePrincipal } from '@sluice/identity';
import { requestContext } from './request-context.ts';

/** Finds out who sent a request; once per request, and mostly without a query. */
export type PrincipalOf = (request: IncomingMessage) => Promise<Principal>;

/** Who sends requests, by the credential that the front read from them. */
export function createPrincipalOf(deps: ResolveDeps): PrincipalOf {
  return async (request) => {
    const context = requestContext(request);
    context.principal ??= await resolvePrincipal(deps, context.credential, context.address);
    return context.principal;
  };
}
