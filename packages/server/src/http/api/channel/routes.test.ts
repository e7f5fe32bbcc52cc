import { buildCondaPackage } from '@sluice/testkit';
import { startTestApp, type TestAnswer, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let app: TestApp;
let admin: string;
let ada: string;
let bob: string;
beforeAll(async () => {
  app = await startTestApp();
  admin = await app.adminToken();
  ada = await app.signIn('ada');
  bob = await app.signIn('bob');
});
afterAll(() => app.close());

const channels = '/api/channels';

async function create(name: string, body: object = {}, token = ada) {
  const answer = await app.request('POST', channels, { token, body: { name, ...body } });
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
  return answer.json;
}

async function upload(path: string, name: string, token = ada): Promise<void> {
  const { fileName, bytes } = await buildCondaPackage({ name });
  const body = new FormData();
  body.append('content', new Blob([Uint8Array.from(bytes)]), fileName);
  const answer = await app.request('POST', `${path}/artifacts`, { token, body });
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
}

async function events(path: string, token = ada) {
  const { json } = await app.request('GET', `${path}/history`, { token });
  return json.items.map((item: { event_type: string }) => item.event_type);
}

const refusal = ({ status, json }: TestAnswer) => [status, json.code];

describe('creating', () => {
  test('answers the channel with every key; it is private, for conda, and whoever asked owns it', async () => {
    const created = await create('bare');
    expect(created).toEqual({
      name: 'bare',
      parent: null,
      description: '',
      privacy: 'private',
      types: ['conda'],
      filters: {},
      indexing_behavior: 'default',
      name_priority: 'strict',
      retention: null,
      owners: ['ada'],
      artifact_count: 0,
      file_count: 0,
      mirror_count: 0,
      subchannel_count: 0,
      download_count: 0,
      publication: 0,
      created: expect.stringMatching(/Z$/),
      updated: created.created,
    });
    expect((await app.request('GET', `${channels}/bare`, { token: ada })).json).toEqual(created);
    expect(await events(`${channels}/bare`)).toEqual(['channel_created']);
  });

  test('takes all settings', async () => {
    const settings = {
      description: 'All of it',
      privacy: 'public',
      types: ['conda', 'python'],
      filters: { exclude_specs: ['numpy >=2'], include_specs: ['numpy ==2.1'], exclude_licenses: ['AGPL'] },
      indexing_behavior: 'frozen',
    };
    expect(await create('whole', settings)).toMatchObject(settings);
  });

  test.each(['a', 'a-b_1', 'team-a', 'z9'])('%s is a name', async (name) => {
    expect((await create(name)).name).toBe(name);
  });

  test.each([
    ['A', '"A"'],
    ['1a', '"1"'],
    ['a/b/c', '"/"'],
    ['a.b', '"."'],
    ['', 'needs a name'],
    ['_a', '"_"'],
    ['a b', '" "'],
    ['größe', '"ö", "ß"'],
    ['a\n', '\\n'],
    ['noarch', 'meaning of its own'],
    ['linux-64', 'meaning of its own'],
    ['simple', 'meaning of its own'],
    ['t', 'meaning of its own'],
    ['history', 'meaning of its own'],
    ['a'.repeat(129), 'at most 128'],
  ])('%j is none, and the answer says why', async (name, why) => {
    const answer = await app.request('POST', channels, { token: ada, body: { name } });
    expect(refusal(answer)).toEqual([400, 'channel_name']);
    expect(answer.json.detail).toContain(why);
  });

  test('a name is given once', async () => {
    await create('once');
    const again = await app.request('POST', channels, { token: bob, body: { name: 'once' } });
    expect(refusal(again)).toEqual([409, 'channel_exists']);
  });

  test.each<[string, object, string]>([
    ['a setting there is not', { colour: 'red' }, 'invalid_request'],
    ['a privacy there is not', { privacy: 'secret' }, 'invalid_request'],
    ['no type', { types: [] }, 'invalid_request'],
    ['a type there is not', { types: ['npm'] }, 'invalid_request'],
    ['a filter there is not', { filters: { only_specs: ['a'] } }, 'invalid_request'],
    ['a spec that is none', { filters: { exclude_specs: ['numpy >'] } }, 'channel_filters'],
    ['a spec that asks for what is not known', { filters: { exclude_specs: ['numpy[channel=x]'] } }, 'channel_filters'],
    ['a licence there is not', { filters: { exclude_licenses: ['Free-ish'] } }, 'channel_filters'],
  ])('%s: 400', async (_, body, code) => {
    const answer = await app.request('POST', channels, { token: ada, body: { name: 'never', ...body } });
    expect(refusal(answer)).toEqual([400, code]);
  });

  test('all that is wrong with filters is said at once', async () => {
    const filters = { exclude_specs: ['fine', 'a[url=x]'], include_specs: ['b ('], include_licenses: ['MIT', 'nope'] };
    const { json } = await app.request('POST', channels, { token: ada, body: { name: 'never', filters } });
    expect(json.issues.map(({ path }: { path: string }) => path).sort()).toEqual([
      'body.filters.exclude_specs[1]',
      'body.filters.include_licenses[1]',
      'body.filters.include_specs[0]',
    ]);
  });

  test('needs the role author, and of a token the scope', async () => {
    const reader = await app.signIn('reader', []);
    const body = { name: 'never' };
    expect(refusal(await app.request('POST', channels, { body }))).toEqual([401, 'unauthenticated']);
    expect(refusal(await app.request('POST', channels, { token: reader, body }))).toEqual([403, 'forbidden']);
    const scoped = await app.request('POST', '/api/account/tokens', {
      token: ada,
      body: { name: 'view', expires_at: inAMonth(), scopes: ['channel:view'] },
    });
    expect(refusal(await app.request('POST', channels, { token: scoped.json.token, body }))).toEqual([
      403,
      'forbidden',
    ]);
  });
});

describe('subchannels', () => {
  test('have their own settings and show what they belong to', async () => {
    await create('parent', { privacy: 'public', description: 'above' });
    const { status, json } = await app.request('POST', `${channels}/parent/subchannels`, {
      token: ada,
      body: { name: 'dev' },
    });
    expect(status).toBe(201);
    expect(json).toMatchObject({ name: 'dev', parent: 'parent', privacy: 'private', description: '' });
    const path = `${channels}/parent/subchannels/dev`;
    const edited = await app.request('PUT', path, { token: ada, body: { description: 'below' } });
    expect(edited.json).toMatchObject({ name: 'dev', description: 'below' });
    const parent = await app.request('GET', `${channels}/parent`, { token: ada });
    expect(parent.json).toMatchObject({ description: 'above', subchannel_count: 1 });
  });

  test('a private one of a public channel is not listed, counted or found by others', async () => {
    await create('open', { privacy: 'public' });
    for (const [name, privacy] of Object.entries({ hidden: 'private', inside: 'authenticated', shown: 'public' })) {
      const body = { name, privacy };
      expect((await app.request('POST', `${channels}/open/subchannels`, { token: ada, body })).status).toBe(201);
    }
    for (const [token, seen] of [
      [undefined, ['shown']],
      [bob, ['inside', 'shown']],
      [ada, ['hidden', 'inside', 'shown']],
      [admin, ['hidden', 'inside', 'shown']],
    ] as const) {
      const who = token === undefined ? {} : { token };
      const list = await app.request('GET', `${channels}/open/subchannels`, who);
      expect(list.json.items.map(({ name }: { name: string }) => name)).toEqual(seen);
      expect(list.json.total_count).toBe(seen.length);
      const channel = await app.request('GET', `${channels}/open`, who);
      expect(channel.json.subchannel_count).toBe(seen.length);
    }
    expect(refusal(await app.request('GET', `${channels}/open/subchannels/hidden`))).toEqual([401, 'unauthenticated']);
    expect(refusal(await app.request('GET', `${channels}/open/subchannels/hidden`, { token: bob }))).toEqual([
      404,
      'not_found',
    ]);
  });

  test('its packages are not in the parent’s repodata, nor the other way round', async () => {
    await create('above', { privacy: 'public' });
    await app.request('POST', `${channels}/above/subchannels`, {
      token: ada,
      body: { name: 'below', privacy: 'public' },
    });
    await upload(`${channels}/above`, 'from-above');
    await upload(`${channels}/above/subchannels/below`, 'from-below');
    await app.jobsDone();
    const above = (await app.request('GET', '/api/repo/above/noarch/repodata.json')).json;
    const below = (await app.request('GET', '/api/repo/above/below/noarch/repodata.json')).json;
    expect(Object.keys(above['packages.conda'])).toEqual(['from-above-1.0-0.conda']);
    expect(Object.keys(below['packages.conda'])).toEqual(['from-below-1.0-0.conda']);
  });

  test('are created by who manages the channel, under names of the same rule, once', async () => {
    await create('strict', { privacy: 'public' });
    const url = `${channels}/strict/subchannels`;
    expect(refusal(await app.request('POST', url, { token: bob, body: { name: 'x' } }))).toEqual([403, 'forbidden']);
    expect(refusal(await app.request('POST', url, { token: ada, body: { name: 'X' } }))).toEqual([400, 'channel_name']);
    expect(refusal(await app.request('POST', url, { token: ada, body: { name: 'a/b' } }))).toEqual([
      400,
      'channel_name',
    ]);
    expect((await app.request('POST', url, { token: ada, body: { name: 'x' } })).status).toBe(201);
    expect(refusal(await app.request('POST', url, { token: ada, body: { name: 'x' } }))).toEqual([
      409,
      'channel_exists',
    ]);
    const deeper = await app.request('POST', `${channels}/strict%2Fx/subchannels`, { token: ada, body: { name: 'y' } });
    expect(refusal(deeper)).toEqual([404, 'not_found']);
  });
});

describe('lists', () => {
  test('are paged and sorted, each channel once, and count all', async () => {
    for (let n = 0; n < 5; n += 1) await create(`page-${n}`, { description: `needle ${9 - n}` });
    const names = async (query: string) => {
      const { json } = await app.request('GET', `${channels}?${query}`, { token: ada });
      return [json.items.map(({ name }: { name: string }) => name), json.total_count];
    };
    expect(await names('q=page-&limit=2')).toEqual([['page-0', 'page-1'], 5]);
    expect(await names('q=page-&limit=2&offset=4')).toEqual([['page-4'], 5]);
    expect(await names('q=page-&limit=2&sort=-name')).toEqual([['page-4', 'page-3'], 5]);
    expect(await names('q=NEEDLE&limit=1&sort=created')).toEqual([['page-0'], 5]);
    expect(await names('q=no-such')).toEqual([[], 0]);
    expect(await names('q=%25')).toEqual([[], 0]);
    const seen: string[] = [];
    for (let offset = 0; offset < 6; offset += 2) {
      seen.push(...((await names(`q=page-&sort=-artifact_count&limit=2&offset=${offset}`))[0] as string[]));
    }
    expect(seen.sort()).toEqual(['page-0', 'page-1', 'page-2', 'page-3', 'page-4']);
    const wrong = await app.request('GET', `${channels}?sort=colour`, { token: ada });
    expect(refusal(wrong)).toEqual([400, 'invalid_request']);
  });

  test('of an account are its own channels and subchannels', async () => {
    const cleo = await app.signIn('cleo');
    await create('cleos', {}, cleo);
    await app.request('POST', `${channels}/cleos/subchannels`, { token: cleo, body: { name: 'sub' } });
    const { json } = await app.request('GET', '/api/account/channels', { token: cleo });
    expect(json.items.map(({ name, parent }: { name: string; parent: string | null }) => [parent, name])).toEqual([
      [null, 'cleos'],
      ['cleos', 'sub'],
    ]);
    expect(refusal(await app.request('GET', '/api/account/channels'))).toEqual([401, 'unauthenticated']);
  });
});

describe('editing', () => {
  test('changes what is given and nothing else, and says so in the history', async () => {
    const before = await create('edit', { description: 'old', privacy: 'public' });
    const path = `${channels}/edit`;
    const { status, json } = await app.request('PUT', path, { token: ada, body: { description: 'new' } });
    expect(status).toBe(200);
    expect(json).toEqual({ ...before, description: 'new', updated: expect.any(String) });
    const { json: history } = await app.request('GET', `${path}/history`, { token: ada });
    expect(history.items[0]).toEqual({
      event_id: expect.any(Number),
      event_type: 'channel_updated',
      created: expect.stringMatching(/Z$/),
      data: { changed: { description: { from: 'old', to: 'new' } } },
      meta: { actor: 'ada', channel: 'edit', subject: 'edit' },
    });
  });

  test('to what it is already changes nothing', async () => {
    const before = await create('same', { filters: { exclude_specs: ['a'] } });
    const body = { description: '', filters: { exclude_specs: ['a', ' a '] }, types: ['conda', 'conda'] };
    expect((await app.request('PUT', `${channels}/same`, { token: ada, body })).json).toEqual(before);
    expect(await events(`${channels}/same`)).toEqual(['channel_created']);
  });

  test('is for who manages it; a refused one leaves no trace', async () => {
    const before = await create('mine', { privacy: 'public' });
    const path = `${channels}/mine`;
    expect(refusal(await app.request('PUT', path, { token: bob, body: { privacy: 'private' } }))).toEqual([
      403,
      'forbidden',
    ]);
    expect(refusal(await app.request('PUT', path, { body: {} }))).toEqual([401, 'unauthenticated']);
    expect(refusal(await app.request('PUT', path, { token: ada, body: { name: 'yours' } }))).toEqual([
      400,
      'invalid_request',
    ]);
    const filters = { exclude_specs: ['>'] };
    expect(refusal(await app.request('PUT', path, { token: ada, body: { description: 'x', filters } }))).toEqual([
      400,
      'channel_filters',
    ]);
    expect((await app.request('GET', path, { token: ada })).json).toEqual(before);
    expect(await events(path)).toEqual(['channel_created']);
  });

  test('filters hold for uploads at the door at once and in the index after the job', async () => {
    await create('filtered', { privacy: 'public' });
    await upload(`${channels}/filtered`, 'bad');
    await upload(`${channels}/filtered`, 'good');
    await app.jobsDone();
    const file = '/api/repo/filtered/noarch/bad-1.0-0.conda';
    expect((await app.request('GET', file)).status).toBe(200);
    const filters = { exclude_specs: ['bad'] };
    await app.request('PUT', `${channels}/filtered`, { token: ada, body: { filters } });
    await expect.poll(async () => refusal(await app.request('GET', file))).toEqual([403, 'policy_denied']);
    await app.jobsDone();
    const index = (await app.request('GET', '/api/repo/filtered/noarch/repodata.json')).json;
    expect(Object.keys(index['packages.conda'])).toEqual(['good-1.0-0.conda']);
    await app.request('PUT', `${channels}/filtered`, { token: ada, body: { filters: {} } });
    await app.jobsDone();
    expect((await app.request('GET', file)).status).toBe(200);
  });
});

describe('freezing', () => {
  const documents = ['repodata.json', 'repodata.json.zst', 'current_repodata.json', 'run_exports.json.zst'];
  async function index(channel: string) {
    const answers = await Promise.all(
      documents.map((document) => app.request('GET', `/api/repo/${channel}/noarch/${document}`)),
    );
    return answers.map(({ text, headers }) => [headers.get('etag'), headers.get('last-modified'), text]);
  }
  const listed = async (channel: string) =>
    Object.keys((await app.request('GET', `/api/repo/${channel}/noarch/repodata.json`)).json['packages.conda']);

  test('keeps index bytes and validators while uploads go on; unfreezing shows them in one step', async () => {
    await create('still', { privacy: 'public' });
    const path = `${channels}/still`;
    await upload(path, 'first');
    await app.jobsDone();
    const frozen = await app.request('PUT', path, { token: ada, body: { indexing_behavior: 'frozen' } });
    expect(frozen.json).toMatchObject({ indexing_behavior: 'frozen', publication: 1, artifact_count: 1 });
    const before = await index('still');
    await upload(path, 'second');
    await upload(path, 'third');
    await app.request('PUT', path, { token: ada, body: { filters: { exclude_specs: ['nothing'] } } });
    await app.jobsDone();
    expect(await index('still')).toEqual(before);
    expect(refusal(await app.request('GET', '/api/repo/still/noarch/second-1.0-0.conda'))).toEqual([
      404,
      'file_not_published',
    ]);
    expect((await app.request('GET', '/api/repo/still/noarch/first-1.0-0.conda')).status).toBe(200);

    await app.request('PUT', path, { token: ada, body: { indexing_behavior: 'default' } });
    await app.jobsDone();
    expect(await listed('still')).toEqual(['first-1.0-0.conda', 'second-1.0-0.conda', 'third-1.0-0.conda']);
    expect((await app.request('GET', path, { token: ada })).json).toMatchObject({ publication: 2, artifact_count: 3 });
    expect((await app.request('GET', '/api/repo/still/noarch/second-1.0-0.conda')).status).toBe(200);
    expect(await events(path)).toEqual([
      'artifact_generated',
      'channel_unfrozen',
      'channel_updated',
      'artifact_registered',
      'artifact_registered',
      'channel_updated',
      'artifact_generated',
      'artifact_registered',
      'channel_created',
    ]);
  });

  test('a file deleted meanwhile is gone at the door, and from the index when it is unfrozen', async () => {
    await create('stiller', { privacy: 'public', indexing_behavior: 'default' });
    const path = `${channels}/stiller`;
    await upload(path, 'first');
    await upload(path, 'second');
    await app.jobsDone();
    await app.request('PUT', path, { token: ada, body: { indexing_behavior: 'frozen' } });
    expect((await app.request('DELETE', `${path}/artifacts/conda/first`, { token: ada })).status).toBe(204);
    await app.jobsDone();
    expect(await listed('stiller')).toEqual(['first-1.0-0.conda', 'second-1.0-0.conda']);
    await expect
      .poll(async () => refusal(await app.request('GET', '/api/repo/stiller/noarch/first-1.0-0.conda')))
      .toEqual([410, 'file_deleted']);
    await app.request('PUT', path, { token: ada, body: { indexing_behavior: 'default' } });
    await app.jobsDone();
    expect(await listed('stiller')).toEqual(['second-1.0-0.conda']);
  });
});

describe('deleting', () => {
  test('hides the channel with its subchannels at once, frees the names, removes the rows, keeps shared bytes', async () => {
    await create('doomed', { privacy: 'public' });
    await create('twin', { privacy: 'public' });
    const path = `${channels}/doomed`;
    const body = { name: 'sub', privacy: 'public' };
    await app.request('POST', `${path}/subchannels`, { token: ada, body });
    await upload(path, 'shared');
    await upload(`${path}/subchannels/sub`, 'below');
    await upload(`${channels}/twin`, 'shared');
    await app.request('POST', `${path}/notices`, { token: ada, body: { message: 'Soon gone.' } });
    await app.jobsDone();
    expect((await app.request('GET', '/api/repo/doomed/noarch/shared-1.0-0.conda')).status).toBe(200);

    const deleted = await app.request('DELETE', path, { token: ada });
    expect([deleted.status, deleted.text]).toEqual([202, '']);
    for (const gone of ['', '/history', '/subchannels', '/subchannels/sub', '/artifacts', '/notices']) {
      expect(refusal(await app.request('GET', path + gone, { token: ada }))).toEqual([404, 'not_found']);
    }
    expect(refusal(await app.request('DELETE', path, { token: ada }))).toEqual([404, 'not_found']);
    const { json } = await app.request('GET', `${channels}?q=doomed`, { token: admin });
    expect(json).toEqual({ items: [], total_count: 0 });
    for (const door of [
      'doomed/noarch/shared-1.0-0.conda',
      'doomed/noarch/repodata.json',
      'doomed/sub/noarch/repodata.json',
    ]) {
      await expect.poll(async () => (await app.request('GET', `/api/repo/${door}`)).status).toBe(401);
    }

    expect((await create('doomed')).publication).toBe(0);
    expect(await events(path)).toEqual(['channel_created']);
    await app.jobsDone();
    const left = await app.db.selectFrom('channel').select('path').where('path', 'like', '%#%').execute();
    expect(left).toEqual([]);
    expect((await app.request('GET', '/api/repo/twin/noarch/shared-1.0-0.conda')).status).toBe(200);
    const [event] = await app.db
      .selectFrom('event')
      .selectAll()
      .where('action', '=', 'channel_deleted')
      .where('channel', '=', 'doomed')
      .execute();
    expect(event).toMatchObject({ actor: 'ada', data: { subchannels: ['doomed/sub'] } });
  });

  test('a subchannel goes alone', async () => {
    await create('keeps');
    for (const name of ['one', 'two']) {
      await app.request('POST', `${channels}/keeps/subchannels`, { token: ada, body: { name } });
    }
    expect((await app.request('DELETE', `${channels}/keeps/subchannels/one`, { token: ada })).status).toBe(202);
    const { json } = await app.request('GET', `${channels}/keeps/subchannels`, { token: ada });
    expect(json.items.map(({ name }: { name: string }) => name)).toEqual(['two']);
  });

  test('is for who manages it', async () => {
    await create('safe', { privacy: 'public' });
    expect(refusal(await app.request('DELETE', `${channels}/safe`, { token: bob }))).toEqual([403, 'forbidden']);
    expect(refusal(await app.request('DELETE', `${channels}/safe`))).toEqual([401, 'unauthenticated']);
    expect((await app.request('GET', `${channels}/safe`)).status).toBe(200);
  });
});

function inAMonth(): string {
  return new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
}
