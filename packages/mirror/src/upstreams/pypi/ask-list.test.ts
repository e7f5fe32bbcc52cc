import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { testUpstreamDeps } from '../../testing/deps.ts';
import { startUpstream } from '../../testing/upstream.ts';
import { askList } from './ask-list.ts';

const list = gzipSync(JSON.stringify({ projects: [{ name: 'a' }, { name: 'b' }] }));
// Packs badly, so that most of it is still on the way when its beginning is refused.
const long = gzipSync(`[${Array.from({ length: 1_000_000 }, () => Math.random()).join()}]`);
const damaged = Buffer.concat([list.subarray(0, 12), Buffer.from('damaged'), list.subarray(20)]);

test.each([
  ['damaged', damaged],
  ['no gzip at all', Buffer.from('{"projects":[]}')],
  ['cut short before it was packed', list.subarray(0, -10)],
  ['no list, and long', long],
])('a list that is %s is refused, and its connection let go', async (_, body) => {
  let answered: ServerResponse | undefined;
  const upstream = await startUpstream((__, response) => {
    answered = response;
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(body);
  });
  const deps = testUpstreamDeps(upstream.url);
  const asked = askList(deps, upstream.url, undefined);
  await expect(asked).rejects.toMatchObject({ name: 'MirrorError', code: 'upstream_malformed' });
  await expect.poll(() => answered?.closed).toBe(true);
  await Promise.all([deps.close(), upstream.close()]);
});
