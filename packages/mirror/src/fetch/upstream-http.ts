import { proxyWithSecret, type SourceAddress } from '../source-address.ts';
import type { HttpClient } from './http-client.ts';

/**
 * The client as one source uses it: through its proxy, trusting its certificates, and showing its token to its own host. The
 * token goes nowhere else, whatever an index links to or a redirect leads to.
 */
export function upstreamHttp(http: HttpClient, { url, proxy, secret, ca }: SourceAddress): Pick<HttpClient, 'open'> {
  const home = originOf(url);
  const way = { proxy: proxyWithSecret(proxy, secret), ca: ca ?? undefined };
  return {
    open: (request) =>
      http.open({
        ...way,
        ...(secret.bearer !== undefined && originOf(request.url) === home
          ? { authorization: `Bearer ${secret.bearer}` }
          : {}),
        ...request,
      }),
  };
}

function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined;
}
