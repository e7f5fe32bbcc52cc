import type { MirrorDeps } from './deps.ts';
import { upstreamHttp } from './fetch/upstream-http.ts';
import type { SourceAddress } from './source-address.ts';
import type { UpstreamDeps } from './upstreams/upstream-deps.ts';

/** The columns of a source that say where it is, and how it is reached. */
export interface StoredAddress {
  source_url: string;
  source_proxy: string | null;
  source_credential: Uint8Array | null;
  source_ca: string | null;
}

/** A stored source's address with its secrets opened. @throws {MirrorError} `upstream_denied` when the key has changed. */
export function addressOf(deps: Pick<MirrorDeps, 'sealer'>, stored: StoredAddress): SourceAddress {
  return {
    url: stored.source_url,
    proxy: stored.source_proxy,
    ca: stored.source_ca,
    secret: deps.sealer.open(stored.source_credential),
  };
}

/** What reading a stored source's upstream needs. @throws {MirrorError} as {@link addressOf}. */
export function upstreamOf(deps: Pick<MirrorDeps, 'sealer' | 'http' | 'guard'>, stored: StoredAddress): UpstreamDeps {
  return upstreamAt(deps, addressOf(deps, stored));
}

/** The same for an address. */
export function upstreamAt({ http, guard }: Pick<MirrorDeps, 'http' | 'guard'>, address: SourceAddress): UpstreamDeps {
  return { http: upstreamHttp(http, address), guard, address };
}

/** The address columns of a source of an upstream, as it stands in its table. */
export function storedAddress(
  source: { proxy: string | null; credential: Uint8Array | null; ca: string | null },
  url: string,
): StoredAddress {
  return { source_url: url, source_proxy: source.proxy, source_credential: source.credential, source_ca: source.ca };
}
