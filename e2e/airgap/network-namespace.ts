import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ip = async (...args: string[]) => (await run('ip', args)).stdout;

/** A network of its own in this machine. */
export interface NetworkNamespace {
  readonly name: string;
  /** What stands in front of a command that is to run in there. It becomes the command. */
  readonly enter: readonly string[];
  close(): Promise<void>;
}

/** A network that reaches nothing: what would leave it goes into the void, and is counted. */
export interface CutOffNamespace extends NetworkNamespace {
  /** Packets that somebody in there tried to send out since the start, questions to its name server among them. */
  outbound(): Promise<number>;
}

/** Why there can be no network namespaces here; undefined where there can. */
export function whyNoNamespaces(): string | undefined {
  const name = nameOf();
  try {
    execFileSync('ip', ['netns', 'add', name], { stdio: 'ignore' });
    execFileSync('ip', ['-n', name, 'link', 'add', 'one', 'type', 'veth', 'peer', 'name', 'two'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'network namespaces take root and iproute2';
  } finally {
    try {
      execFileSync('ip', ['netns', 'del', name], { stdio: 'ignore' });
    } catch {
      // It was never made.
    }
  }
}

/** Make a network that this one reaches at `there`, and that reaches this one at `here`. */
export async function openJoined(): Promise<NetworkNamespace & { readonly here: string; readonly there: string }> {
  const name = nameOf();
  const net = `10.${64 + (randomBytes(1)[0]! % 128)}.${randomBytes(1)[0]}`;
  const [here, there] = [`${net}.1`, `${net}.2`];
  const [outer, inner] = [`${name}o`, `${name}i`];
  await open(name);
  await ip('link', 'add', outer, 'type', 'veth', 'peer', 'name', inner, 'netns', name);
  await ip('addr', 'add', `${here}/30`, 'dev', outer);
  await ip('link', 'set', outer, 'up');
  await ip('-n', name, 'addr', 'add', `${there}/30`, 'dev', inner);
  await ip('-n', name, 'link', 'set', inner, 'up');
  return { name, here, there, enter: ['ip', 'netns', 'exec', name], close: () => close(name) };
}

/** Make a network that reaches nothing. It has an address, a route and a name server, so that who tries does send something. */
export async function openCutOff(): Promise<CutOffNamespace> {
  const name = nameOf();
  await open(name);
  mkdirSync(folderOf(name), { recursive: true });
  writeFileSync(path.join(folderOf(name), 'resolv.conf'), 'nameserver 192.0.2.53\noptions timeout:1 attempts:1\n');
  await ip('-n', name, 'link', 'add', 'out', 'type', 'veth', 'peer', 'name', 'void');
  // Routers would be looked for by IPv6.
  for (const link of ['out', 'void']) await ip('-n', name, 'link', 'set', link, 'addrgenmode', 'none');
  for (const link of ['out', 'void']) await ip('-n', name, 'link', 'set', link, 'up');
  await ip('-n', name, 'addr', 'add', '192.0.2.1/24', 'dev', 'out');
  await ip('-n', name, 'route', 'add', 'default', 'via', '192.0.2.254');
  for (const host of ['192.0.2.53', '192.0.2.254']) {
    await ip('-n', name, 'neigh', 'add', host, 'lladdr', '02:00:00:00:00:01', 'dev', 'out');
  }
  const sent = async () => {
    const [link] = JSON.parse(await ip('-n', name, '-s', '-j', 'link', 'show', 'out')) as [
      { stats64: { tx: { packets: number } } },
    ];
    return link.stats64.tx.packets;
  };
  const before = await sent();
  return {
    name,
    enter: ['ip', 'netns', 'exec', name],
    outbound: async () => (await sent()) - before,
    close: () => close(name),
  };
}

/** Short enough for the name of a link. */
function nameOf(): string {
  return `sl${randomBytes(4).toString('hex')}`;
}

/** What `ip netns exec` lays over /etc. */
function folderOf(name: string): string {
  return path.join('/etc/netns', name);
}

async function open(name: string): Promise<void> {
  await ip('netns', 'add', name);
  await ip('-n', name, 'link', 'set', 'lo', 'up');
}

async function close(name: string): Promise<void> {
  await ip('netns', 'del', name);
  rmSync(folderOf(name), { recursive: true, force: true });
}
