import { lookup as systemLookup } from 'node:dns/promises';
import { realpath, stat } from 'node:fs/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { resolve, sep } from 'node:path';
import { MirrorError } from '../errors.ts';
import { classifyAddress, inNetworks } from './address-class.ts';
import { createArchiveReader } from './archive-folder.ts';
import { diskFile, diskFolder } from './disk-folder.ts';
import type { SourceArchives, SourceFile, SourceFolder } from './source-folder.ts';
import type { SourceRules } from './source-rules.ts';

/** An address a connection may be made to: checked, and to be used as it is, without asking DNS again. */
export interface PinnedAddress {
  address: string;
  family: 4 | 6;
}

/** Stands between a source somebody typed and the machines and files this server can reach. */
export interface SourceGuard {
  /**
   * The addresses of a host that may be connected to at this port. Asked for every connection and every redirect, and
   * the connection goes to what it returns, so a name cannot change its mind in between.
   *
   * @throws {MirrorError} `source_refused`; `upstream_unavailable` when the name does not resolve.
   */
  addresses(host: string, port: number): Promise<PinnedAddress[]>;
  /**
   * The true path (links followed) of a file or folder of a `file:` source.
   *
   * @throws {MirrorError} `source_refused` when it lies outside the allowed roots; `upstream_missing` when nothing is there.
   */
  path(path: string): Promise<string>;
  /**
   * A folder of a `file:` source: of the disk, or, where the path leads through an archive, in that.
   *
   * @throws {MirrorError} as {@link path}; `upstream_malformed` for an archive that cannot be trusted.
   */
  folder(path: string): Promise<SourceFolder>;
  /** A file of such a folder. @throws {MirrorError} as {@link folder}. */
  file(path: string): Promise<SourceFile>;
}

/** What the guard asks of the machine; given by tests. */
export interface GuardMachine {
  lookup: (host: string) => Promise<ReadonlyArray<{ address: string; family: number }>>;
  /** Addresses of this machine's own interfaces. */
  ownAddresses: () => ReadonlySet<string>;
}

const machine: GuardMachine = {
  lookup: (host) => systemLookup(host, { all: true, verbatim: true }),
  ownAddresses: () =>
    new Set(Object.values(networkInterfaces()).flatMap((entries) => (entries ?? []).map((entry) => entry.address))),
};

const cutOff = 'this server asks no other machine (SLUICE_SOURCES=none).';
const remedy = 'An administrator can allow it with SLUICE_SOURCES.';

/**
 * A guard by rules. Public and private-range addresses need no rule; link-local and metadata addresses and Sluice's own
 * ports are refused whatever the rules say.
 */
export function createSourceGuard(
  rules: SourceRules,
  ownPorts: readonly number[],
  on: GuardMachine = machine,
  archives?: SourceArchives,
): SourceGuard {
  const inArchives = archives && createArchiveReader(archives);

  function refusal(host: string, address: string, port: number): MirrorError | undefined {
    const kind = classifyAddress(address);
    const place = address === host ? address : `${host} (${address})`;
    if (kind === 'forbidden')
      return refused(`${place} is a link-local or metadata address; no source may lie there.`, place);
    const own = kind === 'loopback' || on.ownAddresses().has(address);
    if (own && ownPorts.includes(port)) {
      return refused(`${place} port ${port} is this server itself. Layer the channel instead of mirroring it.`, place);
    }
    if (kind === 'public' || kind === 'private' || rules.any) return undefined;
    if (inNetworks(rules.networks, address) || allowsHost(rules.hosts, host)) return undefined;
    const what = kind === 'loopback' ? 'a loopback address' : 'an address of a special range';
    return refused(`${place} is ${what}. ${remedy}`, place);
  }

  return {
    async addresses(host, port) {
      // Before DNS: a server without a network asks nobody at all, its proxies included.
      if (rules.none) {
        throw refused(`${host} cannot be asked: ${cutOff} Bring what it has as a bundle, or in a folder.`, host);
      }
      const name = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
      const found = isIP(name) ? [{ address: name, family: isIP(name) }] : await resolved(on, name);
      const reasons: MirrorError[] = [];
      const allowed = found.filter(({ address }) => {
        const reason = refusal(name, address, port);
        if (reason) reasons.push(reason);
        return reason === undefined;
      });
      if (allowed.length === 0) throw reasons[0]!;
      return allowed.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
    },
    path: truePath,
    async folder(path) {
      const { place, inside } = await placeOf(path);
      if (inside !== undefined) return inArchives!.folder(place, inside);
      if (!(await stat(place)).isDirectory()) throw nothingAt(path);
      return diskFolder(place, truePath);
    },
    async file(path) {
      const { place, inside } = await placeOf(path);
      return inside === undefined ? diskFile(place) : inArchives!.file(place, inside);
    },
  };

  /** Where a path leads on the disk; `inside`: and where in the archive that lies there. */
  async function placeOf(path: string): Promise<{ place: string; inside?: string }> {
    const parts = resolve(path).split(sep);
    for (const [i, part] of parts.entries()) {
      if (!archives?.isName(part)) continue;
      const place = await truePath(parts.slice(0, i + 1).join(sep));
      if ((await stat(place)).isFile()) return { place, inside: parts.slice(i + 1).join('/') };
    }
    return { place: await truePath(path) };
  }

  async function truePath(path: string): Promise<string> {
    const outside = refused(`${path} is outside the folders that sources may lie in. ${remedy}`, path);
    // Before the disk is asked, so that a refusal does not tell what exists elsewhere.
    if (!rules.any && !rules.roots.some((root) => liesIn(root, resolve(path)))) throw outside;
    const real = await realpath(path).catch((cause: unknown) => {
      throw nothingAt(path, cause);
    });
    if (rules.any) return real;
    for (const root of rules.roots) {
      const realRoot = await realpath(root).catch(() => undefined);
      if (realRoot !== undefined && liesIn(realRoot, real)) return real;
    }
    throw outside;
  }
}

function nothingAt(path: string, cause?: unknown): MirrorError {
  return new MirrorError('upstream_missing', `There is nothing at ${path} that this server can read.`, {
    found: path,
    cause,
  });
}

function liesIn(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

function allowsHost(hosts: ReadonlySet<string>, host: string): boolean {
  const name = host.replace(/\.$/, '');
  if (hosts.has(name)) return true;
  const labels = name.split('.');
  return labels.some((_, i) => i > 0 && hosts.has(`*.${labels.slice(i).join('.')}`));
}

async function resolved(on: GuardMachine, host: string) {
  const found = await on.lookup(host).catch((cause: unknown) => {
    throw new MirrorError(
      'upstream_unavailable',
      `The name ${host} does not resolve. Check the source's URL and this server's DNS.`,
      {
        found: host,
        transient: true,
        cause,
      },
    );
  });
  if (found.length > 0) return found;
  throw new MirrorError('upstream_unavailable', `The name ${host} has no address.`, { found: host, transient: true });
}

function refused(message: string, found: string): MirrorError {
  return new MirrorError('source_refused', message, { wanted: 'an allowed source', found });
}
