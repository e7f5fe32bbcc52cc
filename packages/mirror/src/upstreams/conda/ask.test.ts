import { expect, test } from 'vitest';
import type { HttpRequest } from '../../fetch/http-client.ts';
import type { UpstreamDeps } from '../upstream-deps.ts';
import { ask } from './ask.ts';

const url = 'https://packages.example.org/forge';
const path = 'noarch/repodata.json.zst';
const nothing = { url: null, etag: null, lastModified: null };

/** An upstream that says "not modified" to everybody, and what it was asked. */
function stubborn(): { deps: UpstreamDeps; asked: HttpRequest[] } {
  const asked: HttpRequest[] = [];
  const open = async (request: HttpRequest) => {
    asked.push(request);
    return { status: 304, url: request.url, headers: {}, body: (async function* () {})(), discard: async () => {} };
  };
  const address = { url, secret: {}, proxy: null };
  return { asked, deps: { http: { open, close: async () => {} }, address } as unknown as UpstreamDeps };
}

test('what was read before is unchanged when the upstream says so', async () => {
  const { deps, asked } = stubborn();
  expect(await ask(deps, path, 'zst', { url: `${url}/${path}`, etag: '"a"', lastModified: null })).toBe('unchanged');
  expect(asked[0]!.headers).toMatchObject({ 'if-none-match': '"a"' });
});

test.each([
  ['nothing', nothing],
  ['another document', { url: `${url}/noarch/repodata.json`, etag: '"a"', lastModified: null }],
])('an upstream that says so of itself is not believed where %s was read', async (_what, known) => {
  await expect(ask(stubborn().deps, path, 'zst', known)).rejects.toMatchObject({ code: 'upstream_malformed' });
});
