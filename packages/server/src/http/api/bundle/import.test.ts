import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeChannel, sendPackage, served, startTwoSides, type TwoSides } from './testing/two-sides.ts';

let sides: TwoSides;
beforeAll(async () => {
  sides = await startTwoSides();
});
afterAll(() => sides.close());

const everything = [
  'noarch/repodata.json',
  'noarch/repodata_shards.msgpack.zst',
  'noarch/run_exports.json',
  'simple/wheely/',
  'cran/src/contrib/PACKAGES',
];

test('what a bundle carries is shown over there to the byte: files, indexes, patches, layers, reserved names', async () => {
  const { near, far, nearToken } = sides;
  await makeChannel(near, { name: 'base' });
  await makeChannel(near, { name: 'all', types: ['conda', 'python', 'r'], description: 'All of it' });
  await sendPackage(near, 'base', 'conda', { name: 'below', version: '1.0' });
  const files = [
    `noarch/${await sendPackage(near, 'all', 'conda', { name: 'alpha', version: '1.0' })}`,
    `pypi/wheely/${await sendPackage(near, 'all', 'python', { name: 'wheely', version: '1.0' })}`,
    `cran/src/contrib/${await sendPackage(near, 'all', 'r', { name: 'demo', version: '0.1' })}`,
  ];
  const wish = { layers: ['base'], name_priority: 'merge' };
  const layered = await near.request('PUT', '/api/channels/all/layers', { token: nearToken, body: wish });
  expect(layered.status, layered.text).toBeLessThan(300);
  const patch = { patch_instructions_version: 1, packages: {}, 'packages.conda': {}, remove: [], revoke: [] };
  const fileName = files[0]!.slice('noarch/'.length);
  const document = { ...patch, 'packages.conda': { [fileName]: { depends: ['patched'] } } };
  const patched = await near.request('PUT', '/api/channels/all/patches/noarch', { token: nearToken, body: document });
  expect(patched.status, patched.text).toBeLessThan(300);
  await near.request('POST', '/api/reserved-names', { token: nearToken, body: { pattern: 'alpha', note: 'ours' } });
  await near.jobsDone();

  const advisories = join(sides.carried, 'cve.zip');
  writeFileSync(advisories, 'PK advisories');
  const made = await sides.make({ series: 'all', channels: ['all'], part_bytes: 65_536, attachments: [advisories] });
  const taken = await sides.take(sides.carried);
  expect(taken.json, taken.text).toMatchObject({ items: [{ series: 'all', serial: 1 }], refused: [] });
  expect(await sides.imports()).toMatchObject([
    { state: 'completed', error: null, report: { parts: made.parts.length, files: 4, added: 4, notes: [] } },
  ]);

  const here = await served(near, 'all', [...everything, ...files]);
  for (const answer of Object.values(here)) expect(answer).toMatch(/^200 /);
  expect(Buffer.from(here['noarch/repodata.json']!.slice(4), 'base64').toString()).toContain('patched');
  expect(await served(far, 'all', [...everything, ...files])).toEqual(here);
  expect(readFileSync(join(far.dataDir, 'airgap/files/cve.zip'), 'utf8')).toBe('PK advisories');
  const channel = await far.request('GET', '/api/channels/all', { token: sides.farToken });
  expect(channel.json).toMatchObject({ privacy: 'public', description: 'All of it', types: ['conda', 'python', 'r'] });
  const layers = await far.request('GET', '/api/channels/all/layers', { token: sides.farToken });
  expect(layers.text).toContain('base');
  const reserved = await far.request('GET', '/api/reserved-names', { token: sides.farToken });
  expect(reserved.text).toContain('alpha');
});

test('a delta against the state that was carried back brings what is new, and takes away what is gone', async () => {
  const { near, far, nearToken, farToken } = sides;
  const state = await fetch(`${far.url}/api/bundles/state`, { headers: { authorization: `Bearer ${farToken}` } });
  const bytes = Buffer.from(await state.arrayBuffer());
  await sendPackage(near, 'all', 'conda', { name: 'beta', version: '1.0' });
  const gone = '/api/channels/all/artifacts/python/wheely';
  expect((await near.request('DELETE', gone, { token: nearToken })).status).toBe(204);
  await near.jobsDone();
  const made = await sides.make({ series: 'all', channels: ['all'], state: bytes.toString('base64') });
  expect(made.parts).toMatchObject([{ name: 'all-2.from-1.part0001.sluice' }]);
  await sides.take(made.parts[0]!.place);
  expect(await sides.imports()).toMatchObject([{ error: null, serial: 2, base: 1, state: 'completed' }, {}]);
  const paths = ['noarch/repodata.json', 'simple/wheely/', 'cran/src/contrib/PACKAGES'];
  const here = await served(near, 'all', paths);
  expect(Buffer.from(here['noarch/repodata.json']!.slice(4), 'base64').toString()).toContain('beta');
  expect(await served(far, 'all', paths)).toEqual(here);
});

test('an older bundle, one whose base is not here and a foreign one are named, and change nothing', async () => {
  const { near, far, carried, farToken } = sides;
  const before = await served(far, 'all', everything);
  const replayed = await sides.take(join(carried, 'all-1.part0001.sluice'));
  expect(replayed.json).toMatchObject({ status: 409, code: 'bundle_replayed' });

  await sendPackage(near, 'all', 'conda', { name: 'gamma', version: '1.0' });
  await sides.make({ series: 'all', channels: ['all'], since: 'last' });
  const [later] = (await sides.make({ series: 'all', channels: ['all'], since: 'last' })).parts;
  await sides.take(later!.place);
  expect(await sides.imports()).toMatchObject([
    { serial: 4, state: 'failed', error: { code: 'bundle_base_missing' } },
    {},
    {},
  ]);
  expect(await served(far, 'all', everything)).toEqual(before);

  const { json } = await far.request('GET', '/api/bundles/trust', { token: farToken });
  await far.request('DELETE', `/api/bundles/trust/${json.items[0].issuer}`, { token: farToken });
  const foreign = await sides.take(join(carried, 'all-3.from-2.part0001.sluice'));
  expect(foreign.json).toMatchObject({ status: 422, code: 'bundle_foreign' });
  const { key, note } = json.items[0];
  await far.request('POST', '/api/bundles/trust', { token: farToken, body: { key, note } });

  // What was missing comes, and the one that failed goes on by itself.
  await sides.take(join(carried, 'all-3.from-2.part0001.sluice'));
  expect((await sides.imports()).map(({ serial, state }) => [serial, state])).toEqual([
    [3, 'completed'],
    [4, 'completed'],
    [2, 'completed'],
    [1, 'completed'],
  ]);
  expect(await served(far, 'all', everything)).toEqual(await served(near, 'all', everything));
});

test('a part in which any byte is another, that is cut, or of another making is refused and changes nothing', async () => {
  const { near, far, carried } = sides;
  const whole = readFileSync(join(carried, 'all-4.from-3.part0001.sluice'));
  await sendPackage(near, 'all', 'conda', { name: 'delta', version: '1.0' });
  const [next] = (await sides.make({ series: 'all', channels: ['all'], since: 'last' })).parts;
  const right = readFileSync(next!.place);
  const before = await served(far, 'all', everything);
  const wrong = join(carried, 'wrong.sluice');
  const places = [5, 600, 1030, ...[0.2, 0.5, 0.8, 0.999].map((share) => Math.floor(right.length * share))];
  const variants = [
    ...places.map((at) => {
      const bytes = Buffer.from(right);
      bytes[at]! ^= 16;
      return bytes;
    }),
    right.subarray(0, 700),
    right.subarray(0, right.length - 1),
    Buffer.concat([right, Buffer.of(0)]),
    Buffer.concat([right.subarray(0, 1024), whole.subarray(1024)]),
  ];
  for (const bytes of variants) {
    writeFileSync(wrong, bytes);
    const { json } = await sides.take(wrong);
    const code = json.code ?? ((await sides.imports())[0] as { error: { code: string } }).error.code;
    expect(code).toMatch(/^bundle_(tampered|malformed|cut|foreign|mixed)$/);
  }
  expect(await served(far, 'all', everything)).toEqual(before);
  await sides.take(next!.place);
  expect((await sides.imports())[0]).toMatchObject({ serial: 5, state: 'completed', error: null });
  expect(await served(far, 'all', everything)).toEqual(await served(near, 'all', everything));
});

test('parts are sent one by one in any order, and go on where they broke off', async () => {
  const { near, far, farToken } = sides;
  await makeChannel(near, { name: 'sent' });
  for (const name of ['a', 'b', 'c']) {
    const files = { noise: randomBytes(50_000).toString('hex') };
    await sendPackage(near, 'sent', 'conda', { name: `part-${name}`, version: '1.0', files });
  }
  const made = await sides.make({ channels: ['sent'], part_bytes: 65_536 });
  const parts = made.parts.map(({ place }) => readFileSync(place));
  expect(parts.length).toBeGreaterThan(2);
  const right = parts[1]!;
  parts[1] = Buffer.from(right);
  parts[1]![right.length >> 1]! ^= 1;
  const manifest = parts.at(-1)!.subarray(0, 1024).toString('base64');
  const begun = await far.request('POST', '/api/bundles/imports', { token: farToken, body: { manifest } });
  expect(begun.status, begun.text).toBe(202);
  const url = (part: number) => `/api/bundles/imports/${begun.json.items[0].id}/parts/${part}`;
  const send = (part: number, from: number, to: number) =>
    far.request('PUT', url(part), {
      token: farToken,
      headers: {
        'content-type': 'application/octet-stream',
        'content-range': `bytes ${from}-${to - 1}/${parts[part - 1]!.length}`,
      },
      body: new Uint8Array(parts[part - 1]!.subarray(from, to)),
    });
  for (let part = parts.length; part >= 1; part--) {
    const whole = parts[part - 1]!.length;
    expect((await send(part, 0, 700)).json).toEqual({ bytes: 700, done: false });
    expect((await send(part, 0, 700)).json).toMatchObject({ code: 'bundle_offset' });
    expect((await far.request('GET', url(part), { token: farToken })).json).toEqual({ bytes: 700, done: false });
    expect((await send(part, 700, whole)).json).toEqual({ bytes: whole, done: true });
    await far.jobsDone();
    if (part === 2) {
      // What was spoilt on its way is to be sent anew.
      expect((await sides.imports())[0]).toMatchObject({ state: 'failed', error: { code: 'bundle_tampered' } });
      expect((await far.request('GET', url(part), { token: farToken })).json).toEqual({ bytes: 0, done: false });
      parts[1] = right;
      expect((await send(part, 0, whole)).json).toEqual({ bytes: whole, done: true });
      await far.jobsDone();
    }
    if (part > 1) expect((await sides.imports())[0]).toMatchObject({ series: 'sent', state: 'waiting' });
  }
  expect((await sides.imports())[0]).toMatchObject({ series: 'sent', state: 'completed' });
  expect(readdirSync(join(far.dataDir, 'airgap/incoming'))).not.toContain(begun.json.items[0].id);
  expect(await served(far, 'sent', ['noarch/repodata.json'])).toEqual(
    await served(near, 'sent', ['noarch/repodata.json']),
  );
});

test("a key, a part and a channel of one's own are an administrator's and stay one's own", async () => {
  const { near, far, farToken } = sides;
  const someone = await far.signIn('someone');
  const denied = await far.request('POST', '/api/bundles/imports', { token: someone, body: { path: sides.carried } });
  expect(denied.status).toBe(403);
  await makeChannel(far, { name: 'mine', privacy: 'private', description: 'My own' });
  await makeChannel(near, { name: 'mine', privacy: 'public' });
  await sendPackage(near, 'mine', 'conda', { name: 'theirs', version: '1.0' });
  const [part] = (await sides.make({ channels: ['mine'] })).parts;
  await sides.take(part!.place);
  const { json } = await far.request('GET', '/api/channels/mine', { token: farToken });
  expect(json).toMatchObject({ privacy: 'private', description: 'My own' });
});

test('what is dropped into the watched folder is imported, in any order; what is refused is named', async () => {
  const { near, far, farToken } = sides;
  await makeChannel(near, { name: 'dropped' });
  await sendPackage(near, 'dropped', 'conda', { name: 'first', version: '1.0' });
  const [full] = (await sides.make({ channels: ['dropped'] })).parts;
  await sendPackage(near, 'dropped', 'conda', { name: 'second', version: '1.0' });
  const [delta] = (await sides.make({ channels: ['dropped'], since: 'last' })).parts;
  const folder = join(far.dataDir, 'airgap');
  mkdirSync(folder, { recursive: true });
  copyFileSync(delta!.place, join(folder, delta!.name));
  const bad = readFileSync(full!.place);
  bad[800]! ^= 1;
  writeFileSync(join(folder, 'dropped-9.part0001.sluice'), bad);
  writeFileSync(join(folder, 'cve.zip'), 'PK');
  copyFileSync(full!.place, join(folder, full!.name));
  await expect
    .poll(
      async () =>
        (await sides.imports()).filter(({ series, state }) => series === 'dropped' && state === 'completed').length,
      {
        timeout: 100_000,
        interval: 250,
      },
    )
    .toBe(2);
  const watched = await far.request('GET', '/api/bundles/watched', { token: farToken });
  expect(watched.json.items).toMatchObject([
    { name: 'cve.zip', status: 'left', code: 'advisories' },
    { name: 'dropped-1.part0001.sluice', status: 'taken' },
    { name: 'dropped-2.from-1.part0001.sluice', status: 'taken' },
    { name: 'dropped-9.part0001.sluice', status: 'refused', code: expect.stringMatching(/^bundle_/) },
  ]);
  await far.jobsDone();
  const paths = ['noarch/repodata.json'];
  expect(await served(far, 'dropped', paths)).toEqual(await served(near, 'dropped', paths));
});

test('a bundle that an earlier one of its series overtakes halfway ends as what it is, not as a mixture of both', async () => {
  const { near, far, carried, farToken } = sides;
  await makeChannel(near, { name: 'twice', types: ['conda', 'r'] });
  const paths: string[] = [];
  for (const version of ['1.0', '2.0']) {
    paths.push(`cran/src/contrib/${await sendPackage(near, 'twice', 'r', { name: 'demo', version })}`);
    await sendPackage(near, 'twice', 'conda', { name: 'demo', version });
    await sides.make({ channels: ['twice'] });
  }
  // After its first part somebody stops it.
  await statement(far.databaseUrl, stopAfterFirstPart);
  await sides.take(join(carried, 'twice-2.part0001.sluice'));
  const [second] = await sides.imports();
  expect(second).toMatchObject({ serial: 2, state: 'stopped', stage: 'records' });
  await statement(far.databaseUrl, 'drop trigger stopping on bundle');
  await sides.take(join(carried, 'twice-1.part0001.sluice'));
  await far.request('POST', `/api/bundles/${second!.id}/resume`, { token: farToken });
  await far.jobsDone();
  expect((await sides.imports()).slice(0, 2)).toMatchObject([
    { serial: 1, state: 'completed' },
    { serial: 2, state: 'completed', error: null, report: { notes: [] } },
  ]);
  paths.push(...everything, 'cran/src/contrib/Archive/demo/demo_1.0.tar.gz');
  expect(await served(far, 'twice', paths)).toEqual(await served(near, 'twice', paths));
});

const stopAfterFirstPart = `
  create function stopping() returns trigger language plpgsql as $$ begin new.state := 'stopped'; return new; end $$;
  create trigger stopping before update on bundle for each row when (new.place ? 'after') execute function stopping()`;

async function statement(connectionString: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query(text);
  await client.end();
}
