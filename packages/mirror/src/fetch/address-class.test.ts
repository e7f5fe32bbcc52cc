import { describe, expect, test } from 'vitest';
import { classifyAddress, inNetworks, list } from './address-class.ts';

describe('classifyAddress', () => {
  test.each([
    ['8.8.8.8', 'public'],
    ['2606:4700::1', 'public'],
    ['10.1.2.3', 'private'],
    ['172.16.0.1', 'private'],
    ['172.32.0.1', 'public'],
    ['192.168.255.255', 'private'],
    ['fd12::1', 'private'],
    ['127.0.0.1', 'loopback'],
    ['127.9.9.9', 'loopback'],
    ['0.0.0.0', 'loopback'],
    ['::1', 'loopback'],
    ['::', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['64:ff9b::7f00:1', 'loopback'],
    ['2002:7f00:1::', 'loopback'],
    ['169.254.169.254', 'forbidden'],
    ['169.254.0.1', 'forbidden'],
    ['::ffff:169.254.169.254', 'forbidden'],
    ['64:ff9b::a9fe:a9fe', 'forbidden'],
    ['2002:a9fe:a9fe::1', 'forbidden'],
    ['fe80::1', 'forbidden'],
    ['fe80::1%eth0', 'forbidden'],
    ['fd00:ec2::254', 'forbidden'],
    ['fd00:ec2::255', 'private'],
    ['100.100.100.200', 'special'],
    ['198.18.0.1', 'special'],
    ['224.0.0.1', 'special'],
    ['255.255.255.255', 'special'],
    ['ff02::1', 'special'],
    ['100::1', 'special'],
  ] as const)('%s is %s', (address, expected) => {
    expect(classifyAddress(address)).toBe(expected);
  });
});

describe('networks', () => {
  test('hold addresses also when wrapped', () => {
    const networks = list(['127.0.0.0/8', '::1', '100.64.0.0/10']);
    expect(['127.0.0.1', '::ffff:127.0.0.1', '::1', '100.64.0.9'].every((a) => inNetworks(networks, a))).toBe(true);
    expect(['128.0.0.1', '::2', '100.128.0.0'].some((a) => inNetworks(networks, a))).toBe(false);
  });

  test.each(['10.0.0.0/33', '10.0.0.0/x', 'nonsense', '::/129'])('%s is none', (text) => {
    expect(() => list([text])).toThrow();
  });
});
