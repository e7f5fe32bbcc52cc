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
const refusal = ({ status, json }: TestAnswer) => [status, json.code];

async function create(name: string, privacy: string, token = ada): Promise<void> {
  const answer = await app.request('POST', channels, { token, body: { name, privacy } });
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
}

const put = (name: string, body: object, token = ada) =>
  app.request('PUT', `${channels}/${name}/layers`, { token, body });
const layersOf = async (name: string, token = admin) =>
  (await app.request('GET', `${channels}/${name}/layers`, { token })).json;

describe('layers', () => {
  test('are set in order, kept where they are left out, and shown in the history', async () => {
    for (const name of ['top', 'one', 'two']) await create(name, 'public');
    expect(await layersOf('top')).toEqual({ layers: [], name_priority: 'strict' });
    expect((await put('top', { layers: ['two', 'one'] })).json).toEqual({
      layers: ['two', 'one'],
      name_priority: 'strict',
    });
    expect((await put('top', { name_priority: 'merge' })).json).toEqual({
      layers: ['two', 'one'],
      name_priority: 'merge',
    });
    expect((await put('top', { layers: ['one', 'two'] })).json.layers).toEqual(['one', 'two']);
    expect((await put('top', { layers: ['one', 'two'] })).status).toBe(200);
    const { items } = (await app.request('GET', `${channels}/top/history`, { token: ada })).json;
    const changes = items.filter((item: { event_type: string }) => item.event_type === 'channel_layers_updated');
    expect(changes.map((item: { data: { changed: object } }) => item.data.changed)).toEqual([
      { layers: { from: ['two', 'one'], to: ['one', 'two'] } },
      { name_priority: { from: 'strict', to: 'merge' } },
      { layers: { from: [], to: ['two', 'one'] } },
    ]);
    expect((await app.request('GET', `${channels}/top`, { token: ada })).json.name_priority).toBe('merge');
  });

  test('do not go in a circle, and are at most five high', async () => {
    const names = ['s1', 's2', 's3', 's4', 's5', 's6'];
    for (const name of names) await create(name, 'public');
    expect(refusal(await put('s1', { layers: ['s1'] }))).toEqual([400, 'channel_layer']);
    expect(refusal(await put('s1', { layers: ['s2', 's2'] }))).toEqual([400, 'channel_layer']);
    for (let i = 1; i < 5; i += 1) expect((await put(`s${i}`, { layers: [`s${i + 1}`] })).status).toBe(200);
    for (const name of ['s1', 's3']) {
      const answer = await put('s5', { layers: [name] });
      expect(refusal(answer)).toEqual([400, 'channel_layer']);
      expect(answer.json.detail).toContain('circle');
    }
    const tooHigh = await put('s5', { layers: ['s6'] });
    expect(refusal(tooHigh)).toEqual([400, 'channel_layer']);
    expect(tooHigh.json.detail).toContain('6');
    expect(refusal(await put('s6', { layers: ['s1'] }))).toEqual([400, 'channel_layer']);
    expect((await put('s6', { layers: ['s2'] })).status).toBe(200);
  });

  test('of two who would close a circle together one is refused', async () => {
    for (const name of ['left', 'right']) await create(name, 'public');
    const both = await Promise.all([put('left', { layers: ['right'] }), put('right', { layers: ['left'] })]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 400]);
  });

  test('subchannels stand and are stood on', async () => {
    await create('outer', 'public');
    await app.request('POST', `${channels}/outer/subchannels`, {
      token: ada,
      body: { name: 'sub', privacy: 'public' },
    });
    expect((await put('outer', { layers: ['outer/sub'] })).json.layers).toEqual(['outer/sub']);
  });
});

describe('who may', () => {
  test('manages the upper one, reads the lower one, and manages it where fewer people may read it', async () => {
    await create('ada-public', 'public');
    await create('ada-inside', 'authenticated');
    await create('ada-own', 'private');
    await create('bob-public', 'public', bob);
    await create('bob-inside', 'authenticated', bob);
    await create('bob-own', 'private', bob);
    expect(refusal(await put('bob-public', { layers: [] }))).toEqual([403, 'forbidden']);
    expect((await put('ada-public', { layers: ['bob-public', 'ada-inside'] })).status).toBe(200);
    expect(refusal(await put('ada-public', { layers: ['bob-inside'] }))).toEqual([403, 'forbidden']);
    await create('ada-apart', 'authenticated');
    expect((await put('ada-apart', { layers: ['bob-inside'] })).status).toBe(200);
    // A private channel of somebody else is like one that is not there.
    const [hidden, absent] = [
      await put('ada-own', { layers: ['bob-own'] }),
      await put('ada-own', { layers: ['none'] }),
    ];
    expect([refusal(hidden), refusal(absent)]).toEqual([
      [404, 'not_found'],
      [404, 'not_found'],
    ]);
    expect(hidden.json.detail.replace('bob-own', 'none')).toBe(absent.json.detail);
    expect((await put('ada-public', { layers: ['bob-own'] }, admin)).status).toBe(200);
    expect(refusal(await app.request('GET', `${channels}/ada-public/layers`, { token: bob }))).toEqual([
      403,
      'forbidden',
    ]);
  });

  test('a channel that becomes more public asks for the right to show what those below show', async () => {
    await create('bob-low', 'authenticated', bob);
    await create('ada-high', 'authenticated');
    await put('ada-high', { layers: ['bob-low'] });
    const open = (token: string) => app.request('PUT', `${channels}/ada-high`, { token, body: { privacy: 'public' } });
    expect(refusal(await open(ada))).toEqual([403, 'forbidden']);
    expect((await layersOf('ada-high')).layers).toEqual(['bob-low']);
    expect((await open(admin)).status).toBe(200);
  });

  test('a channel that becomes less public is taken from below those that more people read', async () => {
    await create('bob-base', 'public', bob);
    await create('ada-open', 'public');
    await create('ada-closed', 'private');
    for (const name of ['ada-open', 'ada-closed']) await put(name, { layers: ['bob-base'] });
    await app.request('PUT', `${channels}/bob-base`, { token: bob, body: { privacy: 'authenticated' } });
    expect([(await layersOf('ada-open')).layers, (await layersOf('ada-closed')).layers]).toEqual([[], ['bob-base']]);
    const { items } = (await app.request('GET', `${channels}/ada-open/history`, { token: ada })).json;
    expect(items[0]).toMatchObject({ event_type: 'channel_layer_removed', meta: { subject: 'bob-base' } });
  });
});

describe('through a channel between', () => {
  beforeAll(async () => {
    await create('bob-hall', 'authenticated', bob);
    await create('ada-hall', 'authenticated');
    await create('ada-gate', 'public');
  });

  test('nothing is shown to more people than read it where it is, from whichever end the stack is built', async () => {
    expect((await put('ada-hall', { layers: ['bob-hall'] })).status).toBe(200);
    expect(refusal(await put('ada-gate', { layers: ['ada-hall'] }))).toEqual([403, 'forbidden']);
    await put('ada-hall', { layers: [] });
    expect((await put('ada-gate', { layers: ['ada-hall'] })).status).toBe(200);
    expect(refusal(await put('ada-hall', { layers: ['bob-hall'] }))).toEqual([403, 'forbidden']);
    expect((await put('ada-hall', { layers: ['bob-hall'] }, admin)).status).toBe(200);
    // What somebody who may has made public is public for everybody else, too.
    await create('bob-gate', 'public', bob);
    expect((await put('bob-gate', { layers: ['ada-gate'] }, bob)).status).toBe(200);
    expect((await put('ada-gate', { layers: ['ada-hall', 'bob-public'] })).status).toBe(200);
  });

  test('a channel that becomes more public asks about all that more people will see', async () => {
    await create('ada-landing', 'authenticated');
    await create('ada-door', 'authenticated');
    await put('ada-landing', { layers: ['bob-hall'] });
    await put('ada-door', { layers: ['ada-landing'] });
    const open = (token: string) => app.request('PUT', `${channels}/ada-door`, { token, body: { privacy: 'public' } });
    expect(refusal(await open(ada))).toEqual([403, 'forbidden']);
    expect((await open(admin)).status).toBe(200);
  });

  test('one that becomes less public is taken from where more people read it through others', async () => {
    await create('bob-court', 'public', bob);
    await create('ada-porch', 'authenticated');
    await create('ada-street', 'public');
    await create('ada-cellar', 'authenticated');
    for (const name of ['ada-porch', 'ada-cellar']) await put(name, { layers: ['bob-court'] });
    await put('ada-street', { layers: ['ada-porch'] });
    await app.request('PUT', `${channels}/bob-court`, { token: bob, body: { privacy: 'authenticated' } });
    const names = ['ada-street', 'ada-porch', 'ada-cellar'];
    const layers = await Promise.all(names.map(async (name) => (await layersOf(name)).layers));
    expect(layers).toEqual([['ada-porch'], [], ['bob-court']]);
  });
});

describe('deleting a channel that others stand on', () => {
  test('is refused with their names, those that may be seen', async () => {
    await create('base', 'public', bob);
    await create('seen', 'public');
    await create('unseen', 'private');
    for (const name of ['seen', 'unseen']) await put(name, { layers: ['base'] });
    const refused = await app.request('DELETE', `${channels}/base`, { token: bob });
    expect(refusal(refused)).toEqual([409, 'channel_stood_on']);
    expect(refused.json.found).toBe('seen, 1 that you cannot see');
    expect((await app.request('GET', `${channels}/base`)).status).toBe(200);
    for (const name of ['seen', 'unseen']) await app.request('DELETE', `${channels}/${name}`, { token: ada });
    expect((await app.request('DELETE', `${channels}/base`, { token: bob })).status).toBe(202);
  });

  test('a channel goes with a subchannel that only it stands on', async () => {
    await create('whole', 'public');
    await app.request('POST', `${channels}/whole/subchannels`, {
      token: ada,
      body: { name: 'part', privacy: 'public' },
    });
    await put('whole', { layers: ['whole/part'] });
    expect(refusal(await app.request('DELETE', `${channels}/whole/subchannels/part`, { token: ada }))).toEqual([
      409,
      'channel_stood_on',
    ]);
    expect((await app.request('DELETE', `${channels}/whole`, { token: ada })).status).toBe(202);
  });
});
