import type { CranTree } from '@sluice/formats/cran';
import type { SourceAddress } from '../../source-address.ts';

/** Where an upstream has a tree: the address of its index, without secrets, and how it must be asked. */
export interface TreeHome {
  url: string;
  headers: Readonly<Record<string, string>>;
}

/**
 * The places an upstream may have a tree at, the likeliest first. Of Linux binaries: a tree of their own, as a Sluice has
 * it; or at the address of the sources for who says that he is such an R, as Posit Package Manager has it.
 */
export function treeHomes({ url }: SourceAddress, { kind, path, minor }: CranTree): TreeHome[] {
  const own = { url: `${url}/${path}`, headers: {} };
  if (kind !== 'linux') return [own];
  const [, distribution] = path.split('/');
  return [own, { url: `${url}/__linux__/${distribution}/latest/src/contrib`, headers: asR(minor!) }];
}

/** How a home that was noted is asked. */
export function homeAt(url: string, { kind, minor }: CranTree): TreeHome {
  return { url, headers: kind === 'linux' && url.endsWith('/src/contrib') ? asR(minor!) : {} };
}

/** Whether the index of a home describes sources where it gives built packages: then its digests are not those of the files. */
export function describesSources({ headers }: TreeHome): boolean {
  return 'user-agent' in headers;
}

function asR(minor: string): Record<string, string> {
  return { 'user-agent': `R (${minor}.0 x86_64-pc-linux-gnu x86_64 linux-gnu)` };
}
