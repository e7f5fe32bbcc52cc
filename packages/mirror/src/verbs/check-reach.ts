import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MirrorError } from '../errors.ts';
import type { SourceGuard } from '../fetch/source-guard.ts';
import type { SourceAddress } from '../source-address.ts';

/**
 * Refuse a source that the rules forbid when it is typed, not at its first run. One that is only not there now is let
 * through: it may come.
 *
 * @throws {MirrorError} `source_refused`; `source_url` for a file that cannot be read as a folder.
 */
export async function checkReach(guard: SourceGuard, address: SourceAddress): Promise<void> {
  const url = new URL(address.url);
  if (url.protocol === 'file:') refusePacked(fileURLToPath(url));
  const looks: Promise<unknown>[] = [url.protocol === 'file:' ? guard.path(fileURLToPath(url)) : ask(guard, url)];
  if (address.proxy !== null) looks.push(ask(guard, new URL(address.proxy)));
  // Heard of together: one that fails while another is waited for would end the process.
  await Promise.all(looks.map((look) => look.catch(unlessRefused)));
}

function unlessRefused(error: unknown): void {
  if (!(error instanceof MirrorError) || error.code === 'source_refused') throw error;
}

async function ask(guard: SourceGuard, url: URL): Promise<unknown> {
  return guard.addresses(url.hostname, Number(url.port || (url.protocol === 'https:' ? 443 : 80)));
}

/** Files that stand for folders elsewhere, and what to do with them. */
const packed: [name: RegExp, remedy: string][] = [
  [
    /^cve\.zip$/i,
    'it holds advisories, not packages. Leave it where it is: this version of Sluice does not read advisories yet.',
  ],
  [
    /\.(tar\.(gz|bz2|xz|zst|zstd|lzma)|tgz|tbz2?|txz|7z|rar)$/i,
    'it would have to be unpacked to the end to find a file in it. Unpack it, or pack the folder as .zip or as .tar without compression.',
  ],
  [/\.sluice$/i, 'it is a part of a bundle. Import it: npx sluice bundle import.'],
];

function refusePacked(path: string): void {
  const name = basename(path);
  const remedy = packed.find(([pattern]) => pattern.test(name))?.[1];
  if (remedy === undefined) return;
  throw new MirrorError('source_url', `${name} is no source: ${remedy}`, {
    wanted: 'a folder, a .zip or a plain .tar',
    found: name,
  });
}
