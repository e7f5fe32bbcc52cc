import { describe, expect, test } from 'vitest';
import { createLog, redact } from './log.ts';

const token = 'slc-abcdefghABCDEFGH0123456789abcdef';
const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl-_x';

describe('no line holds a secret', () => {
  test.each<[string, unknown]>([
    ['a path', { path: `/api/repo/t/${token}/main/noarch/repodata.json` }],
    ['any token in a path', { path: '/t/a%20b-somebody-elses/main' }],
    ['a path whose slashes are quoted', { path: `/api/repo/t%2Fsomebody-elses%2fmain%2F${token}` }],
    ['a header', { headers: { authorization: `Bearer ${token}`, 'x-auth': token } }],
    ['a session', { headers: { authorization: `Bearer ${jwt}` } }],
    ['Basic', { authorization: `Basic ${Buffer.from(`ada:${token}`).toString('base64')}` }],
    ['a URL with a password', { url: `https://ada:${token.slice(4)}@host/path` }],
    ['a database address', { error: new Error(`no route to postgresql://sluice:${token.slice(4)}@db:5432/x`) }],
    [
      'a cause of a cause',
      { error: new Error('a', { cause: new Error(`GET /t/${token}/x`, { cause: new Error(token) }) }) },
    ],
  ])('%s', (_, fields) => {
    const lines: string[] = [];
    createLog('info', { write: (text) => void lines.push(text) }).info(fields, `see ${token} and ${jwt}`);
    const line = lines.join('');
    expect(line).toContain('***');
    for (const secret of [token, token.slice(4), jwt, 'c2lnbmF0dXJl', 'somebody-elses', 'YWRhOn'])
      expect(line).not.toContain(secret);
    expect(() => JSON.parse(line)).not.toThrow();
  });
});

test.each([
  '/api/repo/main/noarch/repodata.json',
  'https://conda.example.org/main/linux-64',
  'file:///srv/t',
  'a token was refused; sign in again',
])('what is no secret stays: %s', (text) => {
  expect(redact(text)).toBe(text);
});
