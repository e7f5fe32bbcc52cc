import { buildCondaPackage } from '@sluice/testkit';
import { startTestApp, type TestAnswer, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let app: TestApp;
let ada: string;
let bob: string;
beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signIn('ada');
  bob = await app.signIn('bob');
  await app.request('POST', '/api/channels', { token: ada, body: { name: 'c', privacy: 'public' } });
  await upload('c', 'a');
  await upload('c', 'b');
  await call('DELETE', 'c', '/artifacts/conda/a');
  await app.jobsDone();
});
afterAll(() => app.close());

function call(method: string, channel: string, path: string, options: { token?: string; body?: object } = {}) {
  return app.request(method, `/api/channels/${channel}${path}`, { token: ada, ...options });
}

async function upload(channel: string, name: string): Promise<void> {
  const { fileName, bytes } = await buildCondaPackage({ name });
  const body = new FormData();
  body.append('content', new Blob([Uint8Array.from(bytes)]), fileName);
  const answer = await call('POST', channel, '/artifacts', { body });
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
  await app.jobsDone();
}

const refusal = ({ status, json }: TestAnswer) => [status, json.code];

async function filesOf(channel: string): Promise<string[]> {
  const { json } = await app.request('GET', `/api/repo/${channel}/noarch/repodata.json`, { token: ada });
  return Object.keys(json['packages.conda']);
}

test('publications are listed, the newest first, with cause, counts and state', async () => {
  const { status, json } = await call('GET', 'c', '/publications');
  expect(status).toBe(200);
  const common = { actor: 'ada', created: expect.stringMatching(/Z$/), pins: [], monolith: expect.any(String) };
  expect(json).toEqual({
    items: [
      {
        ...common,
        number: 3,
        cause: 'deletion',
        added: 0,
        removed: 1,
        files: 1,
        packages: 1,
        is_head: true,
        monolith: 'written',
      },
      { ...common, number: 2, cause: 'upload', added: 1, removed: 0, files: 2, packages: 2, is_head: false },
      { ...common, number: 1, cause: 'upload', added: 1, removed: 0, files: 1, packages: 1, is_head: false },
    ],
    total_count: 3,
  });
  expect((await call('GET', 'c', '/publications?limit=1&offset=1')).json).toMatchObject({
    items: [{ number: 2 }],
    total_count: 3,
  });
});

test('who may only read is told everything but who did it', async () => {
  const { json } = await app.request('GET', '/api/channels/c/publications/head');
  expect(json).toMatchObject({ number: 3, cause: 'deletion', actor: null });
});

test.each([
  ['2', 2],
  ['head', 3],
  ['2999-01-01', 3],
])('publication %s is number %i', async (ref, number) => {
  expect((await call('GET', 'c', `/publications/${ref}`)).json.number).toBe(number);
});

test.each([
  ['9', 404, 'publication_missing'],
  ['2001-01-01', 404, 'publication_missing'],
  ['nothing', 404, 'pin_missing'],
  ['Not_A_Ref', 400, 'ref_malformed'],
])('publication %s: %i %s', async (ref, status, code) => {
  expect(refusal(await call('GET', 'c', `/publications/${ref}`))).toEqual([status, code]);
});

test('a time is written as it stands in the list', async () => {
  const { created } = (await call('GET', 'c', '/publications/1')).json;
  expect((await call('GET', 'c', `/publications/${created}`)).json.number).toBe(1);
  expect((await call('GET', 'c', `/publications/${encodeURIComponent(created)}`)).json.number).toBe(1);
});

test('two are compared, with the reasons', async () => {
  const { json } = await call('GET', 'c', '/publications/compare?from=1&to=head');
  expect(json).toEqual({
    ...{ from: 1, to: 3, added: 1, removed: 1, changed: 0, total_count: 2 },
    items: [
      {
        ...{ subdir: 'noarch', name: 'a', file: 'a-1.0-0.conda', change: 'removed' },
        reason: { code: 'deleted', layer: 'uploads', detail: expect.stringMatching(/^Deleted by ada on 20/) },
      },
      {
        ...{ subdir: 'noarch', name: 'b', file: 'b-1.0-0.conda', change: 'added' },
        reason: { code: 'uploaded', layer: 'uploads', detail: 'Uploaded here.' },
      },
    ],
  });
  const part = await call('GET', 'c', '/publications/compare?from=1&change=added&name=b&subdir=noarch&limit=1');
  expect(part.json).toMatchObject({ total_count: 1, items: [{ file: 'b-1.0-0.conda' }] });
  expect((await call('GET', 'c', '/publications/compare?from=2&to=2')).json).toMatchObject({ items: [], added: 0 });
  expect(refusal(await call('GET', 'c', '/publications/compare'))).toEqual([400, 'invalid_request']);
});

test('the rule that refuses a file is named', async () => {
  await app.request('POST', '/api/channels', { token: ada, body: { name: 'ruled' } });
  await upload('ruled', 'bad');
  await call('PUT', 'ruled', '', { body: { filters: { exclude_specs: ['bad'] } } });
  await app.jobsDone();
  const { json } = await call('GET', 'ruled', '/publications/compare?from=1&to=2');
  expect(json.items[0].reason).toMatchObject({
    code: 'denied',
    rule: { rule: 'exclude_specs: bad', scope: 'channel' },
  });
  expect((await call('GET', 'ruled', '/publications/2')).json).toMatchObject({ cause: 'filters edited', actor: 'ada' });
});

describe('pins', () => {
  test('name a publication for list, show and clients, until they are taken away', async () => {
    const pinned = await call('PUT', 'c', '/pins/before', { body: { publication: 2 } });
    expect([pinned.status, pinned.json]).toEqual([
      200,
      { name: 'before', publication: 2, created: expect.any(String), created_by: 'ada' },
    ]);
    expect((await call('GET', 'c', '/publications/before')).json).toMatchObject({ number: 2, pins: ['before'] });
    expect((await call('GET', 'c', '/publications?pinned=true')).json).toMatchObject({ total_count: 1 });
    expect(await filesOf('c@before')).toEqual(['a-1.0-0.conda', 'b-1.0-0.conda']);
    expect((await call('PUT', 'c', '/pins/before', { body: { publication: 'head' } })).json.publication).toBe(3);
    expect((await call('DELETE', 'c', '/pins/before')).status).toBe(204);
    expect(refusal(await call('DELETE', 'c', '/pins/before'))).toEqual([404, 'pin_missing']);
  });

  test.each(['2026', 'Release', 'head', 'compare', 'a%2Fb'])('%s is no name for one', async (name) => {
    expect(refusal(await call('PUT', 'c', `/pins/${name}`, { body: { publication: 1 } }))).toEqual([400, 'pin_name']);
  });
});

test('a rollback shows what was, freezes, and is undone by unfreezing', async () => {
  await app.request('POST', '/api/channels', { token: ada, body: { name: 'back' } });
  await upload('back', 'a');
  await upload('back', 'b');
  const { status, json } = await call('POST', 'back', '/rollback', { body: { to: 1 } });
  expect([status, json]).toEqual([
    200,
    {
      ...{ publication: 3, to: 1, added: 0, removed: 1, indexing_behavior: 'frozen', was_frozen: false },
      undo: expect.stringContaining('Unfreeze'),
    },
  ]);
  await app.jobsDone();
  expect(await filesOf('back')).toEqual(['a-1.0-0.conda']);
  expect((await call('GET', 'back', '')).json).toMatchObject({
    indexing_behavior: 'frozen',
    publication: 3,
    file_count: 1,
  });
  expect((await call('GET', 'back', '/publications/head')).json).toMatchObject({
    cause: 'rollback to 1',
    monolith: 'written',
  });
  const file = '/api/repo/back/noarch/b-1.0-0.conda';
  expect((await app.request('GET', file, { token: ada })).status).toBe(200);
  expect(refusal(await call('POST', 'back', '/reindex'))).toEqual([409, 'channel_frozen']);
  await call('PUT', 'back', '', { body: { indexing_behavior: 'default' } });
  await app.jobsDone();
  expect(await filesOf('back')).toEqual(['a-1.0-0.conda', 'b-1.0-0.conda']);
  expect((await call('GET', 'back', '/publications/head')).json).toMatchObject({ number: 4, cause: 'unfrozen' });
  const history = (await call('GET', 'back', '/history')).json.items;
  expect(history).toContainEqual(
    expect.objectContaining({
      event_type: 'channel_rolled_back',
      data: { to: 1, publication: 3, from: 2, was_frozen: false, added: 0, removed: 1 },
    }),
  );
});

test('a reindex makes all anew and says what differed', async () => {
  expect((await call('POST', 'c', '/reindex')).status).toBe(202);
  await app.jobsDone();
  const reindexed = async () => {
    const { items } = (await call('GET', 'c', '/history')).json;
    return items.find(({ event_type }: { event_type: string }) => event_type === 'channel_reindex');
  };
  expect(await reindexed()).toMatchObject({ data: { status: 'unchanged' }, meta: { actor: 'ada' } });
  const index = (await app.request('GET', '/api/repo/c/noarch/repodata_shards.msgpack.zst')).text;
  await app.db
    .updateTable('entry')
    .set({ signature: Buffer.alloc(8) })
    .where('kind', '=', 'shard')
    .where('key', '=', 'noarch/b')
    .where('to_no', 'is', null)
    .execute();
  await call('POST', 'c', '/reindex');
  await app.jobsDone();
  expect(await reindexed()).toMatchObject({ data: { status: 'published', no: 4, files: 1 } });
  expect((await app.request('GET', '/api/repo/c/noarch/repodata_shards.msgpack.zst')).text).toBe(index);
  expect((await call('GET', 'c', '/publications/head')).json).toMatchObject({ cause: 'reindex', actor: 'ada' });
});

test('subchannels have publications of their own', async () => {
  await call('POST', 'c', '/subchannels', { body: { name: 'sub' } });
  await upload('c/subchannels/sub', 's');
  expect((await call('GET', 'c/subchannels/sub', '/publications')).json).toMatchObject({ total_count: 1 });
  expect((await call('PUT', 'c/subchannels/sub', '/pins/x', { body: { publication: 1 } })).status).toBe(200);
  expect(await filesOf('c/sub@x')).toEqual(['s-1.0-0.conda']);
  expect((await call('POST', 'c/subchannels/sub', '/rollback', { body: { to: 'x' } })).status).toBe(200);
});

test('reading is for who may read, changing for who manages', async () => {
  for (const path of ['/publications', '/publications/1', '/publications/compare?from=1']) {
    expect((await app.request('GET', `/api/channels/c${path}`)).status).toBe(200);
    expect(refusal(await call('GET', 'back', path, { token: bob }))).toEqual([404, 'not_found']);
    expect(refusal(await app.request('GET', `/api/channels/back${path}`))).toEqual([401, 'unauthenticated']);
  }
  for (const [method, path, body] of [
    ['PUT', '/pins/x', { publication: 1 }],
    ['DELETE', '/pins/x', undefined],
    ['POST', '/rollback', { to: 1 }],
    ['POST', '/reindex', undefined],
  ] as const) {
    const options = { token: bob, ...(body && { body }) };
    expect(refusal(await call(method, 'c', path, options)), path).toEqual([403, 'forbidden']);
  }
});
