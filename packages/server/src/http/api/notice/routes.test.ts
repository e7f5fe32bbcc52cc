import { startTestApp, type TestAnswer, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

const second = 1000;
const day = 86_400 * second;
let time = Date.parse('2026-11-20T10:00:00Z');

let app: TestApp;
let ada: string;
let bob: string;
let name: string;
let path: string;
let count = 0;
beforeAll(async () => {
  app = await startTestApp({ clock: () => new Date(time) });
  ada = await app.signIn('ada');
  bob = await app.signIn('bob');
});
afterAll(() => app.close());
beforeEach(async () => {
  name = `notices-${count}`;
  count += 1;
  path = `/api/channels/${name}/notices`;
  await app.request('POST', '/api/channels', { token: ada, body: { name, privacy: 'public' } });
});

const refusal = ({ status, json }: TestAnswer) => [status, json.code];

async function create(body: object) {
  const answer = await app.request('POST', path, { token: ada, body });
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
  return answer.json;
}

/** What conda is shown. */
async function served(): Promise<Record<string, string>[]> {
  return (await app.request('GET', `/api/repo/${name}/notices.json`)).json.notices;
}

const messages = (notices: { message?: string }[]) => notices.map(({ message }) => message);

test('a published notice is served as CEP 6 says', async () => {
  const expires_at = new Date(time + 7 * day).toISOString();
  const notice = await create({ message: 'We move on Friday.', level: 'warning', expires_at });
  expect(notice).toEqual({
    id: expect.any(String),
    message: 'We move on Friday.',
    level: 'warning',
    published: true,
    created_at: '2026-11-20T10:00:00.000Z',
    expires_at,
  });
  await expect.poll(served).toEqual([
    {
      id: notice.id,
      message: 'We move on Friday.',
      level: 'warning',
      created_at: '2026-11-20T10:00:00Z',
      expires_at: '2026-11-27T10:00:00Z',
      expired_at: '2026-11-27T10:00:00Z',
    },
  ]);
});

test('drafts and expired notices are not served, and only who may edit the channel is told of them', async () => {
  await create({ message: 'draft', published: false });
  time += second;
  await create({ message: 'short', expires_at: new Date(time + second).toISOString() });
  time += second / 2;
  await create({ message: 'for ever' });
  await expect.poll(async () => messages(await served())).toEqual(['for ever', 'short']);
  time += 60 * second;
  expect(messages(await served())).toEqual(['for ever']);
  const list = async (token?: string) => (await app.request('GET', path, token === undefined ? {} : { token })).json;
  expect(messages((await list(ada)).items)).toEqual(['for ever', 'short', 'draft']);
  for (const token of [bob, undefined]) {
    const { items, total_count } = await list(token);
    expect([messages(items), total_count]).toEqual([['for ever'], 1]);
  }
});

test('is published, changed, withdrawn and deleted under one id', async () => {
  const { id } = await create({ message: 'first', published: false });
  const edit = async (body: object) => (await app.request('PUT', `${path}/${id}`, { token: ada, body })).json;
  expect(await edit({ published: true })).toMatchObject({ id, message: 'first', level: 'info', published: true });
  await expect.poll(async () => messages(await served())).toEqual(['first']);
  expect(await edit({ message: 'second', level: 'critical' })).toMatchObject({
    id,
    message: 'second',
    published: true,
  });
  await expect.poll(async () => messages(await served())).toEqual(['second']);
  expect((await edit({ published: false })).message).toBe('second');
  await expect.poll(served).toEqual([]);
  const before = (await app.request('GET', `/api/channels/${name}/history`, { token: ada })).json.total_count;
  await edit({});
  expect((await app.request('GET', `/api/channels/${name}/history`, { token: ada })).json.total_count).toBe(before);
  expect((await app.request('DELETE', `${path}/${id}`, { token: ada })).status).toBe(204);
  expect(refusal(await app.request('DELETE', `${path}/${id}`, { token: ada }))).toEqual([404, 'notice_missing']);
});

test('600 characters are a notice, however many bytes', async () => {
  await create({ message: '€😀'.repeat(300) });
});

describe('what is refused', () => {
  test.each<[string, object, string]>([
    ['601 characters', { message: 'x'.repeat(601) }, 'notice_invalid'],
    ['no message', {}, 'invalid_request'],
    ['an empty one', { message: ' ' }, 'notice_invalid'],
    ['a level there is not', { message: 'x', level: 'panic' }, 'invalid_request'],
    ['an end before the beginning', { message: 'x', expires_at: '2020-01-01T00:00:00Z' }, 'notice_invalid'],
    ['a date that is none', { message: 'x', expires_at: 'soon' }, 'invalid_request'],
    ['a field there is not', { message: 'x', colour: 'red' }, 'invalid_request'],
  ])('%s', async (_, body, code) => {
    expect(refusal(await app.request('POST', path, { token: ada, body }))).toEqual([400, code]);
    expect((await app.request('GET', path, { token: ada })).json.total_count).toBe(0);
  });

  test('an edit that makes it invalid, and leaves it as it was', async () => {
    const notice = await create({ message: 'fine' });
    const answer = await app.request('PUT', `${path}/${notice.id}`, { token: ada, body: { message: 'x'.repeat(601) } });
    expect(refusal(answer)).toEqual([400, 'notice_invalid']);
    expect((await app.request('GET', path, { token: ada })).json.items).toEqual([notice]);
  });

  test('who does not manage the channel', async () => {
    const { id } = await create({ message: 'mine' });
    for (const [token, status] of [
      [bob, 403],
      [undefined, 401],
    ] as const) {
      const who = token === undefined ? {} : { token };
      expect((await app.request('POST', path, { ...who, body: { message: 'x' } })).status).toBe(status);
      expect((await app.request('PUT', `${path}/${id}`, { ...who, body: {} })).status).toBe(status);
      expect((await app.request('DELETE', `${path}/${id}`, who)).status).toBe(status);
    }
  });

  test('a notice of another channel', async () => {
    const { id } = await create({ message: 'here' });
    await app.request('POST', `/api/channels/${name}/subchannels`, { token: ada, body: { name: 'sub' } });
    const elsewhere = `/api/channels/${name}/subchannels/sub/notices/${id}`;
    expect(refusal(await app.request('PUT', elsewhere, { token: ada, body: {} }))).toEqual([404, 'notice_missing']);
  });
});
