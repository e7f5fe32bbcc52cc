import { describe, expect, test } from 'vitest';
import { parseSourceAddress } from '../../source-address.ts';
import { channelLocation, channelUrl, packageLocation } from './locate.ts';

const plain = parseSourceAddress('https://host/a/c');
const secret = parseSourceAddress('https://me:pw@host/t/tok/c');
const folder = parseSourceAddress('/srv/air gap/c');
const file = 'a-1.0-0+b_1.conda';

describe('packageLocation', () => {
  test.each([
    ['plain', plain, null, 'https://host/a/c/noarch/a-1.0-0%2Bb_1.conda'],
    ['relative base', plain, '../files', 'https://host/a/c/files/a-1.0-0%2Bb_1.conda'],
    ['rooted base', plain, '/files/', 'https://host/files/a-1.0-0%2Bb_1.conda'],
    ['other host', plain, 'https://cdn.example/x', 'https://cdn.example/x/a-1.0-0%2Bb_1.conda'],
    ['secrets at home', secret, null, 'https://me:pw@host/t/tok/c/noarch/a-1.0-0%2Bb_1.conda'],
    [
      'secrets at home, absolute base',
      secret,
      'https://host/files',
      'https://me:pw@host/t/tok/files/a-1.0-0%2Bb_1.conda',
    ],
    ['no secrets elsewhere', secret, 'https://cdn.example/x', 'https://cdn.example/x/a-1.0-0%2Bb_1.conda'],
    ['no secrets on another port', secret, 'https://host:444/x', 'https://host:444/x/a-1.0-0%2Bb_1.conda'],
    ['from a folder to the network', folder, 'https://cdn.example/x', 'https://cdn.example/x/a-1.0-0%2Bb_1.conda'],
  ])('%s', (_, address, base, url) => {
    expect(packageLocation(address, 'noarch', file, base)).toEqual({ kind: 'http', url });
  });

  test('in folders', () => {
    expect(packageLocation(folder, 'noarch', file, null)).toEqual({
      kind: 'file',
      path: `/srv/air gap/c/noarch/${file}`,
    });
    expect(packageLocation(folder, 'noarch', file, '../pkgs')).toEqual({
      kind: 'file',
      path: `/srv/air gap/c/pkgs/${file}`,
    });
  });

  test('never from the network into files', () => {
    expect(() => packageLocation(plain, 'noarch', file, 'file:///etc')).toThrow(
      expect.objectContaining({ code: 'source_refused' }),
    );
    expect(() => packageLocation(plain, 'noarch', file, 'http://')).toThrow(
      expect.objectContaining({ code: 'upstream_malformed' }),
    );
  });

  test.each(['../x.conda', 'a\\b.conda', 'x.zip', '..', ''])('never outside: %j', (name) => {
    for (const address of [plain, folder]) {
      expect(() => packageLocation(address, 'noarch', name, null)).toThrow(
        expect.objectContaining({ code: 'upstream_malformed' }),
      );
    }
  });
});

test('documents have an address to show and one to ask', () => {
  expect(channelUrl(secret, 'noarch/repodata.json')).toBe('https://host/t/***/c/noarch/repodata.json');
  expect(channelLocation(secret, 'noarch/repodata.json')).toEqual({
    kind: 'http',
    url: 'https://me:pw@host/t/tok/c/noarch/repodata.json',
  });
  expect(channelLocation(folder, 'noarch')).toEqual({ kind: 'file', path: '/srv/air gap/c/noarch' });
});
