import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Credential, readCredential } from './credentials.ts';

const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
const secret = (value: string): Credential => ({ kind: 'secret', secret: value });
const none: Credential = { kind: 'none' };

describe('a token in the path', () => {
  test.each<[url: string, cleaned: string, token: string | undefined]>([
    ['/api/repo/t/slc-abc/main/noarch/repodata.json', '/api/repo/main/noarch/repodata.json', 'slc-abc'],
    ['/api/repo/main/t/slc-abc/sub/noarch/repodata.json', '/api/repo/main/sub/noarch/repodata.json', 'slc-abc'],
    ['/t/slc-abc/api/repo/main/noarch/x.conda?a=1', '/api/repo/main/noarch/x.conda?a=1', 'slc-abc'],
    ['/api/t/slc-abc/repo/main/noarch/x.conda', '/api/repo/main/noarch/x.conda', 'slc-abc'],
    ['/api/repo/main/badge/t/slc-abc', '/api/repo/main/badge', 'slc-abc'],
    ['/api/repo/t/one/t/two/main', '/api/repo/t/two/main', 'one'],
    ['/t/slc-abc', '/', 'slc-abc'],
    ['/t/slc_abc/api/repo/main', '/api/repo/main', 'slc_abc'],
    // Clients that quote a slash. The rest stays as it was written.
    ['/api/repo/t%2Fslc-abc%2Fmain%2Fsub/noarch/x.conda', '/api/repo/main%2Fsub/noarch/x.conda', 'slc-abc'],
    ['/t%2fslc-abc%2fapi/repo/main', '/api/repo/main', 'slc-abc'],
    ['/api/repo/t/slc-abc/main%2Fsub/noarch/x.conda', '/api/repo/main%2Fsub/noarch/x.conda', 'slc-abc'],
    ['/t/slc-abc/api/channels', '/api/channels', 'slc-abc'],
    // The Python project called "t", and packages called "t" in the management API, are not tokens.
    ['/api/repo/main/simple/t/', '/api/repo/main/simple/t/', undefined],
    ['/api/channels/main/artifacts/conda/t/files', '/api/channels/main/artifacts/conda/t/files', undefined],
    [
      '/api/repo/main/noarch/repodata.json?x=/t/slc-abc/',
      '/api/repo/main/noarch/repodata.json?x=/t/slc-abc/',
      undefined,
    ],
    ['/api/repo/test/t', '/api/repo/test/t', undefined],
    ['/', '/', undefined],
  ])('%s', (url, cleaned, token) => {
    expect(readCredential({ url, headers: {} })).toEqual({
      url: cleaned,
      credential: token === undefined ? none : secret(token),
    });
  });

  test('whatever stands in the path, the first pair below /api/repo goes and the rest stays', () => {
    const segment = fc.stringMatching(/^[A-Za-z0-9._-]{1,12}$/).filter((text) => text !== 't');
    const token = fc.stringMatching(/^[A-Za-z0-9-]{1,40}$/);
    fc.assert(
      fc.property(fc.array(segment), fc.array(segment), token, (before, after, value) => {
        const url = ['/api/repo', ...before, 't', value, ...after].join('/');
        expect(readCredential({ url, headers: {} })).toEqual({
          url: ['/api/repo', ...before, ...after].join('/'),
          credential: secret(value),
        });
      }),
    );
  });
});

describe('a credential in a header', () => {
  test.each<[what: string, headers: Record<string, string>, credential: Credential]>([
    ['nothing', {}, none],
    ['X-Auth', { 'x-auth': 'slc-abc' }, secret('slc-abc')],
    ['X-API-Key', { 'x-api-key': 'slc-abc' }, secret('slc-abc')],
    ['Bearer with a token', { authorization: 'Bearer slc-abc' }, secret('slc-abc')],
    ['Bearer with a session', { authorization: 'bearer a.b.c' }, secret('a.b.c')],
    ["anaconda-client's scheme", { authorization: 'token slc-abc' }, secret('slc-abc')],
    ['Basic __token__', basic('__token__:slc-abc'), secret('slc-abc')],
    ['Basic __token__ with another kind of token', basic('__token__:abc'), secret('abc')],
    ['Basic with any user and a token', basic('whoever:slc-abc'), secret('slc-abc')],
    ['Basic with a session as the password', basic('whoever:eyJ.eyJ.sig'), secret('eyJ.eyJ.sig')],
    ['Basic with the token as user', basic('slc-abc:'), secret('slc-abc')],
    ['Basic with the token as user and no colon', basic('slc-abc'), secret('slc-abc')],
    ['Basic with an account', basic('ada:pass:wörd'), { kind: 'password', name: 'ada', password: 'pass:wörd' }],
    ['a scheme we do not know', { authorization: 'Digest username="ada"' }, secret('')],
    ['damaged Basic', { authorization: 'Basic ???' }, secret('')],
    ['an empty header', { 'x-auth': '', authorization: '' }, none],
    ['X-Auth beside Authorization', { 'x-auth': 'one', authorization: 'Bearer two' }, secret('one')],
  ])('%s', (_, headers, credential) => {
    expect(readCredential({ url: '/', headers }).credential).toEqual(credential);
  });

  test('yields to the token in the path', () => {
    const reading = readCredential({ url: '/t/slc-path/x', headers: { 'x-auth': 'slc-header' } });
    expect(reading).toEqual({ url: '/x', credential: secret('slc-path') });
  });
});
