import type { MirrorDeps } from './deps.ts';
import type { SourceAddress } from './source-address.ts';
import type { UpstreamDeps } from './upstreams/upstream-deps.ts';

/** The columns of a source that say where it is. */
export interface StoredAddress {
  source_url: string;
  source_proxy: string | null;
  source_credential: Uint8Array | null;
}

/** A stored source's address with its secrets opened. @throws {MirrorError} `upstream_denied` when the key has changed. */
export function addressOf(deps: Pick<MirrorDeps, 'sealer'>, stored: StoredAddress): SourceAddress {
  return { url: stored.source_url, proxy: stored.source_proxy, secret: deps.sealer.open(stored.source_credential) };
}

/** What reading a stored source's upstream needs. @throws {MirrorError} as {@link addressOf}. */
export function upstreamOf(deps: Pick<MirrorDeps, 'sealer' | 'http' | 'guard'>, stored: StoredAddress): UpstreamDeps {
  return { http: deps.http, guard: deps.guard, address: addressOf(deps, stored) };
}
