import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** What kind of place an IP address is. `forbidden` is never connected to, whatever an administrator allows. */
export type AddressClass = 'public' | 'private' | 'loopback' | 'special' | 'forbidden';

const forbidden = list(['169.254.0.0/16', 'fe80::/10', 'fd00:ec2::254/128']);
const loopback = list(['127.0.0.0/8', '0.0.0.0/8', '::1/128', '::/128']);
const privateRange = list(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']);
const special = list([
  '100.64.0.0/10',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  '2001:db8::/32',
]);
const globalV6 = list(['2000::/3']);

/** Class of an address in text form. An IPv4 address wrapped in IPv6 (mapped, NAT64, 6to4) is judged as what it wraps. */
export function classifyAddress(address: string): AddressClass {
  const plain = unwrapped(address);
  if (has(forbidden, plain)) return 'forbidden';
  if (has(loopback, plain)) return 'loopback';
  if (has(privateRange, plain)) return 'private';
  if (has(special, plain)) return 'special';
  return isIPv4(plain) || has(globalV6, plain) ? 'public' : 'special';
}

/** A list of networks in CIDR notation, e.g. `10.0.0.0/8`; a bare address is a network of one. @throws RangeError, TypeError */
export function list(networks: readonly string[]): BlockList {
  const out = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits !== undefined && !/^\d{1,3}$/.test(bits)) throw new RangeError(network);
    out.addSubnet(address, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family);
  }
  return out;
}

/** Is the address, or the IPv4 address it wraps, in one of the networks? */
export function inNetworks(networks: BlockList, address: string): boolean {
  return has(networks, address) || has(networks, unwrapped(address));
}

function has(networks: BlockList, address: string): boolean {
  return networks.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

function unwrapped(address: string): string {
  const bare = address.split('%')[0] ?? address;
  if (!isIPv6(bare)) return bare;
  const words = expand(bare);
  const v4 = (high: number, low: number) => [high >> 8, high & 255, low >> 8, low & 255].join('.');
  const head = words
    .slice(0, 6)
    .map((word) => word.toString(16))
    .join(':');
  if (head === '0:0:0:0:0:ffff' || head === '64:ff9b:0:0:0:0') return v4(words[6]!, words[7]!);
  if (words[0] === 0x2002) return v4(words[1]!, words[2]!);
  return bare;
}

function expand(address: string): number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const text = dotted
    ? `${dotted[1]}${((Number(dotted[2]) << 8) | Number(dotted[3])).toString(16)}:${((Number(dotted[4]) << 8) | Number(dotted[5])).toString(16)}`
    : address;
  const [left = '', right] = text.split('::');
  const words = (part: string) => (part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16)));
  const head = words(left);
  if (right === undefined) return head;
  const tail = words(right);
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}
