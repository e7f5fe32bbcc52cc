import { buildCondaPackage, type CondaPackageOptions } from '@sluice/testkit';
import { startTestApp, type TestAnswer, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let app: TestApp;
let ada: string;
beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signIn('ada');
  await channel('stock', { privacy: 'public' });
  await upload('stock', { name: 'alpha', version: '1.10', license: 'MIT' });
  await upload('stock', { name: 'alpha', version: '1.9' });
  await upload('stock', { name: 'alpha', version: '1.9', build: 'b2', buildNumber: 2, subdir: 'linux-64' });
  await upload('stock', { name: 'alpha-tools' });
  await upload('stock', { name: 'beta', subdir: 'win-64' });
  await app.jobsDone();
});
afterAll(() => app.close());

async function channel(name: string, body: object = {}): Promise<void> {
  expect((await app.request('POST', '/api/channels', { token: ada, body: { name, ...body } })).status).toBe(201);
}

async function upload(where: string, options: CondaPackageOptions): Promise<string> {
  const { fileName, bytes } = await buildCondaPackage(options);
  const body = new FormData();
  body.append('content', new Blob([Uint8Array.from(bytes)]), fileName);
  const answer = await app.request('POST', `/api/channels/${where}/artifacts`, { token: ada, body });
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
  return answer.json.ckey;
}

const get = (path: string) => app.request('GET', `/api/channels/${path}`, { token: ada });
const remove = (path: string) => app.request('DELETE', `/api/channels/${path}`, { token: ada });
const refusal = ({ status, json }: TestAnswer) => [status, json.code];
const ckeys = (answer: TestAnswer) => answer.json.items.map(({ ckey }: { ckey: string }) => ckey);

describe('the packages of a channel', () => {
  test('are listed by name, with the newest version and all subdirs', async () => {
    const { json } = await get('stock/artifacts');
    expect(json.total_count).toBe(3);
    expect(json.items.map(({ name }: { name: string }) => name)).toEqual(['alpha', 'alpha-tools', 'beta']);
    expect(json.items[0]).toEqual({
      name: 'alpha',
      family: 'conda',
      file_count: 3,
      download_count: null,
      metadata: { version: '1.10', build_number: 0, license: 'MIT', subdirs: ['linux-64', 'noarch'] },
    });
    expect((await get('stock/artifacts/conda/alpha')).json).toEqual(json.items[0]);
    expect((await get('stock')).json).toMatchObject({ artifact_count: 3, file_count: 5 });
  });

  test('are searched and paged', async () => {
    const names = async (query: string) => {
      const { json } = await get(`stock/artifacts?${query}`);
      return [json.items.map(({ name }: { name: string }) => name), json.total_count];
    };
    expect(await names('q=LPH')).toEqual([['alpha', 'alpha-tools'], 2]);
    expect(await names('q=alpha&limit=1&offset=1')).toEqual([['alpha-tools'], 2]);
    expect(await names('q=_')).toEqual([[], 0]);
  });

  test('are listed as the head has them, however often somebody asked before', async () => {
    await channel('moving');
    const names = async (query: string) => {
      const { json } = await get(`moving/artifacts${query}`);
      return [json.items.map(({ name }: { name: string }) => name), json.total_count];
    };
    expect(await names('')).toEqual([[], 0]);
    const key = await upload('moving', { name: 'first' });
    await upload('moving', { name: 'second' });
    await app.jobsDone();
    expect(await names('?limit=1')).toEqual([['first'], 2]);
    expect(await names('?q=SEC')).toEqual([['second'], 1]);
    expect((await remove(`moving/artifacts/conda/first/files/${key}`)).status).toBe(204);
    await upload('moving', { name: 'third' });
    await app.jobsDone();
    expect(await names('')).toEqual([['second', 'third'], 2]);
    expect(await names('?q=first')).toEqual([[], 0]);
  });

  test('have files, the newest first, with the very record that clients are shown', async () => {
    const answer = await get('stock/artifacts/conda/alpha/files');
    expect(ckeys(answer)).toEqual([
      'noarch/alpha-1.10-0.conda',
      'linux-64/alpha-1.9-b2.conda',
      'noarch/alpha-1.9-0.conda',
    ]);
    expect(answer.json.total_count).toBe(3);
    const { json: index } = await app.request('GET', '/api/repo/stock/linux-64/repodata.json');
    expect(answer.json.items[1]).toEqual({
      name: 'alpha',
      family: 'conda',
      ckey: 'linux-64/alpha-1.9-b2.conda',
      metadata: {
        'repodata_record.json': {
          ...index['packages.conda']['alpha-1.9-b2.conda'],
          fn: 'alpha-1.9-b2.conda',
          subdir: 'linux-64',
        },
      },
    });
    expect(ckeys(await get('stock/artifacts/conda/alpha/files?limit=1&offset=2'))).toEqual([
      'noarch/alpha-1.9-0.conda',
    ]);
  });

  test.each(['stock/artifacts/conda/gamma', 'stock/artifacts/conda/gamma/files', 'stock/artifacts/conda/ALPHA'])(
    '%s is not there',
    async (path) => {
      expect(refusal(await get(path))).toEqual([404, 'not_found']);
    },
  );

  test('of an empty channel are none', async () => {
    await channel('empty');
    expect((await get('empty/artifacts')).json).toEqual({ items: [], total_count: 0 });
  });
});

describe('deleting', () => {
  const served = async (ckey: string) => refusalOr200(await app.request('GET', `/api/repo/shop/${ckey}`));
  const refusalOr200 = (answer: TestAnswer) => (answer.status === 200 ? 200 : refusal(answer));
  beforeAll(() => channel('shop', { privacy: 'public' }));

  test('one file takes that file and no other', async () => {
    const keys = [
      await upload('shop', { name: 'one', version: '1' }),
      await upload('shop', { name: 'one', version: '2' }),
      await upload('shop', { name: 'one', version: '1', subdir: 'linux-64' }),
    ];
    await app.jobsDone();
    const deleted = await remove(`shop/artifacts/conda/one/files/${keys[0]}`);
    expect([deleted.status, deleted.text]).toEqual([204, '']);
    await expect.poll(() => served(keys[0]!)).toEqual([410, 'file_deleted']);
    expect(await Promise.all(keys.slice(1).map(served))).toEqual([200, 200]);
    await app.jobsDone();
    expect(ckeys(await get('shop/artifacts/conda/one/files'))).toEqual([keys[1], keys[2]]);
    expect(refusal(await remove(`shop/artifacts/conda/one/files/${keys[0]}`))).toEqual([404, 'file_missing']);
    const { json } = await get('shop/history?event_type=artifact_removed');
    expect(json.items[0]).toMatchObject({
      event_type: 'artifact_removed',
      data: { artifact_family: 'conda', name: 'one', ckey: keys[0] },
      meta: { actor: 'ada', channel: 'shop', subject: keys[0] },
    });
  });

  test('a package takes all its files, and none of a longer name', async () => {
    const keys = [
      await upload('shop', { name: 'all' }),
      await upload('shop', { name: 'all', version: '2', subdir: 'win-64', format: 'tar.bz2' }),
    ];
    const others = [await upload('shop', { name: 'all-of-it' }), await upload('shop', { name: 'alloy' })];
    await app.jobsDone();
    const before = (await get('shop')).json;
    expect((await remove('shop/artifacts/conda/all')).status).toBe(204);
    await expect.poll(() => Promise.all(keys.map(served))).toEqual(keys.map(() => [410, 'file_deleted']));
    expect(await Promise.all(others.map(served))).toEqual([200, 200]);
    await app.jobsDone();
    expect(refusal(await get('shop/artifacts/conda/all'))).toEqual([404, 'not_found']);
    expect((await get('shop')).json).toMatchObject({
      artifact_count: before.artifact_count - 1,
      file_count: before.file_count - 2,
    });
  });

  test('what was deleted can be uploaded again', async () => {
    const key = await upload('shop', { name: 'again', files: { a: '1' } });
    await app.jobsDone();
    await remove('shop/artifacts/conda/again');
    await upload('shop', { name: 'again', files: { a: '2' } });
    await app.jobsDone();
    expect(await served(key)).toBe(200);
    expect(ckeys(await get('shop/artifacts/conda/again/files'))).toEqual([key]);
  });

  test.each(['shop/artifacts/conda/gamma', 'shop/artifacts/conda/gamma/files/noarch/gamma-1-0.conda'])(
    '%s, which is not there: 404',
    async (path) => {
      expect(refusal(await remove(path))).toEqual([404, 'file_missing']);
    },
  );

  test('is for who manages the channel', async () => {
    const key = await upload('shop', { name: 'kept' });
    const bob = await app.signIn('bob');
    for (const path of ['shop/artifacts/conda/kept', `shop/artifacts/conda/kept/files/${key}`]) {
      const url = `/api/channels/${path}`;
      expect(refusal(await app.request('DELETE', url, { token: bob }))).toEqual([403, 'forbidden']);
      expect(refusal(await app.request('DELETE', url))).toEqual([401, 'unauthenticated']);
    }
    await app.jobsDone();
    expect(await served(key)).toBe(200);
  });
});
