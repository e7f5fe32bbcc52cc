import { fileURLToPath } from 'node:url';
import { MirrorError } from '../errors.ts';
import type { SourceGuard } from '../fetch/source-guard.ts';
import type { SourceAddress } from '../source-address.ts';

/**
 * Refuse a source that the rules forbid when it is typed, not at its first run. One that is only not there now is let
 * through: it may come.
 *
 * @throws {MirrorError} `source_refused`.
 */
export async function checkReach(guard: SourceGuard, address: SourceAddress): Promise<void> {
  const url = new URL(address.url);
  const looks: Promise<unknown>[] = [url.protocol === 'file:' ? guard.path(fileURLToPath(url)) : ask(guard, url)];
  if (address.proxy !== null) looks.push(ask(guard, new URL(address.proxy)));
  for (const look of looks) {
    await look.catch((error: unknown) => {
      if (!(error instanceof MirrorError) || error.code === 'source_refused') throw error;
    });
  }
}

async function ask(guard: SourceGuard, url: URL): Promise<unknown> {
  return guard.addresses(url.hostname, Number(url.port || (url.protocol === 'https:' ? 443 : 80)));
}
