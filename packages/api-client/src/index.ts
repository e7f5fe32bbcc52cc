import createOpenApiClient, { type Client } from 'openapi-fetch';
import type { components, paths } from './schema.d.ts';

/** The management API, typed: `client.GET('/api/account')` and so on for every route of the server. */
export type ApiClient = Client<paths>;

/** The shapes of bodies and answers by name, such as `Schemas['Token']`. */
export type Schemas = components['schemas'];

/** Where the server is and who asks. */
export interface ApiClientOptions {
  /** `https://host[:port]`, without `/api`. */
  url: string;
  /** A session or a token. */
  token?: string | undefined;
  /** Another `fetch`: for a proxy, a CA, or a test. */
  fetch?: typeof fetch;
}

/** A client of the management API. Refusals come back as `error`, a Problem; only a failed connection throws. */
export function createClient(options: ApiClientOptions): ApiClient {
  return createOpenApiClient<paths>({
    baseUrl: options.url.replace(/\/+$/, ''),
    headers: options.token === undefined ? {} : { authorization: `Bearer ${options.token}` },
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
  });
}
