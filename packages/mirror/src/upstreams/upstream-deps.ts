import type { HttpClient } from '../fetch/http-client.ts';
import type { SourceGuard } from '../fetch/source-guard.ts';
import type { SourceAddress } from '../source-address.ts';

/** What reading an upstream needs: the ways out, and where to go. */
export interface UpstreamDeps {
  http: Pick<HttpClient, 'open'>;
  guard: SourceGuard;
  address: SourceAddress;
  signal?: AbortSignal | undefined;
}
