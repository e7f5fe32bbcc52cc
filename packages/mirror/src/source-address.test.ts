import { describe, expect, test } from 'vitest';
import { keepSecrets, parseSourceAddress, proxyWithSecret, shownAddress, withSecret } from './source-address.ts';

describe('parseSourceAddress', () => {
  test.each([
    ['https://conda.anaconda.org/conda-forge', 'https://conda.anaconda.org/conda-forge', {}],
    [' HTTPS://Conda.Anaconda.ORG:443/conda-forge// ', 'https://conda.anaconda.org/conda-forge', {}],
    ['http://host:80', 'http://host', {}],
    ['http://host:8080/a/b/', 'http://host:8080/a/b', {}],
    ['https://me:p%40ss@host/c', 'https://host/c', { userInfo: 'me:p%40ss' }],
    ['https://me@host/c', 'https://host/c', { userInfo: 'me' }],
    [
      'https://repo.anaconda.cloud/t/ab-12/repo/main',
      'https://repo.anaconda.cloud/t/***/repo/main',
      { token: 'ab-12' },
    ],
    ['https://host/t/ab-12', 'https://host/t/***', { token: 'ab-12' }],
    ['/srv/air gap/channel/', 'file:///srv/air%20gap/channel', {}],
    ['file:///srv/air%20gap/./channel', 'file:///srv/air%20gap/channel', {}],
    ['/srv/a/../b', 'file:///srv/b', {}],
  ])('%s', (text, url, secret) => {
    expect(parseSourceAddress(text)).toEqual({ url, proxy: null, ca: null, secret });
  });

  test.each([
    'conda-forge',
    'relative/folder',
    'ftp://host/x',
    's3://bucket/x',
    'file://server/share',
    'http://',
    '',
    'https://host/c?x=1',
    'https://host/c#frag',
    'https://host/c/linux-64/repodata.json.zst',
  ])('%j is refused', (text) => {
    expect(() => parseSourceAddress(text)).toThrow(expect.objectContaining({ code: 'source_url' }));
  });

  test.each(['https://proxy:1', 'proxy:3128', 'http://proxy/path', 'socks5://x', ''])(
    'proxy %j is refused',
    (proxy) => {
      expect(() => parseSourceAddress('https://host', proxy)).toThrow(expect.objectContaining({ code: 'source_url' }));
    },
  );

  test('refusals hold no secret', () => {
    for (const attempt of [
      () => parseSourceAddress('ftp://u:pw@h/t/tok/x'),
      () => parseSourceAddress('http://h', 'https://u:pw@h'),
    ]) {
      expect(attempt).toThrow(/\*\*\*@h/);
      expect(attempt).not.toThrow(/pw|tok/);
    }
  });
});

describe('secrets', () => {
  const typed = ['https://me:p%40ss@host/t/ab-12/c', 'http://u:q@proxy:3128'] as const;
  const address = parseSourceAddress(...typed);

  test('go and come back', () => {
    expect(address).toEqual({
      url: 'https://host/t/***/c',
      proxy: 'http://proxy:3128',
      ca: null,
      secret: { userInfo: 'me:p%40ss', token: 'ab-12', proxyUserInfo: 'u:q' },
    });
    expect(withSecret(address.url, address.secret)).toBe(typed[0]);
    expect(proxyWithSecret(address.proxy, address.secret)).toBe('http://u:q@proxy:3128/');
  });

  test('survive being shown and typed back', () => {
    const shown = shownAddress(address, address.secret);
    expect(shown).toEqual({ url: 'https://***@host/t/***/c', proxy: 'http://***@proxy:3128' });
    expect(keepSecrets(parseSourceAddress(shown.url, shown.proxy), address)).toEqual(address);
  });

  test('are replaced when typed anew, and never invented', () => {
    expect(keepSecrets(parseSourceAddress('https://you:new@host/c'), address).secret).toEqual({ userInfo: 'you:new' });
    expect(keepSecrets(parseSourceAddress('https://***@host/c'), parseSourceAddress('https://host/c')).secret).toEqual(
      {},
    );
  });

  test.each(['https://***@evil/t/***/c', 'https://***@host:444/t/***/c', 'http://***@host/t/***/c'])(
    'do not move to %s',
    (url) => {
      expect(keepSecrets(parseSourceAddress(url, 'http://***@evil:3128'), address).secret).toEqual({});
    },
  );
});
