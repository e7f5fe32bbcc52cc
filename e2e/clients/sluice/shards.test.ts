import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { condaSubdirs, startUpstreamServer, type UpstreamServer, writeCondaPackages } from '@sluice/testkit';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { makeCondaFolder } from '../conda-folder.ts';
import { describeWithPython } from '../describe-with-python.ts';
import { rattlerInstall, rattlerSolve } from '../rattler-python.ts';
import { alike, type EveryClient, everyClient, monolithsAsked, shardsGot, type Wanted } from './every-client.ts';
import { type Sluice, startSluice } from './start-sluice.ts';

const specs = ['another_dependent', 'buildstring', 'zlib'];
const always = [
  'noarch/another_dependent-2.0-0.conda',
  'noarch/buildstring-1.0-versioned_2.conda',
  'noarch/versioned-2.0-0.conda',
  'osx-64/zlib-1.2.11-h1de35cc_3.conda',
];
const newest = [...always, 'noarch/dependency-2.0-0.conda', 'noarch/dependent-2.0-0.conda'];
const filtered = [...always, 'noarch/dependency-1.0-0.conda', 'noarch/dependent-1.0-0.conda'];

await describeWithPython('shards of channels of every kind', (python) => {
  let sluice: Sluice;
  let clients: EveryClient;
  let sharded: UpstreamServer;
  const digests = new Map<string, string>();

  const kinds: [channel: string, chosen: string[], make: () => Promise<unknown>][] = [
    ['uploads', newest, () => uploadAll('uploads')],
    ['active', newest, () => sluice.mirror('active', { mirror_mode: 'active' })],
    ['passive', newest, () => sluice.mirror('passive')],
    ['of-shards', newest, () => sluice.mirror('of-shards', { source_root: sharded.url })],
    ['of-folder', newest, () => sluice.mirror('of-folder', { source_root: bareFolder(), mirror_mode: 'active' })],
    ['filtered', filtered, () => sluice.mirror('filtered', { filters: { exclude_specs: ['dependent >=2'] } })],
    [
      'filtered-shards',
      filtered,
      () =>
        sluice.mirror('filtered-shards', { source_root: sharded.url, filters: { exclude_specs: ['dependent >=2'] } }),
    ],
    [
      'uploads-over-mirror',
      newest,
      async () => {
        await sluice.mirror('uploads-over-mirror', { filters: { exclude_specs: ['dependent >=2', 'buildstring'] } });
        await uploadAll('uploads-over-mirror', /^(dependent-2|buildstring)/);
      },
    ],
    [
      'two-mirrors',
      newest,
      async () => {
        await sluice.mirror('two-mirrors', { mirror_name: 'a', filters: { exclude_specs: ['dependent', 'zlib'] } });
        const only_specs = ['dependent', 'dependency', 'zlib'];
        await sluice.mirror('two-mirrors', { mirror_name: 'b', source_root: sharded.url, filters: { only_specs } });
      },
    ],
    ['closed', newest, () => sluice.mirror('closed')],
    [
      'passive/inner',
      filtered,
      () => sluice.mirror('passive/inner', { filters: { exclude_specs: ['dependent >=2'] } }),
    ],
  ];

  async function uploadAll(channel: string, files = /^(another_dep|buildstring|versioned|zlib-.*\.conda|depend)/) {
    for (const subdir of ['noarch', 'osx-64']) {
      const folder = path.join(sluice.folder, subdir);
      for (const fileName of readdirSync(folder).filter((file) => files.test(file))) {
        await sluice.upload(channel, { fileName, bytes: readFileSync(path.join(folder, fileName)) }, { wait: false });
      }
    }
    await sluice.app.jobsDone();
  }
  function bareFolder(): string {
    const folder = sluice.newFolder('bare');
    writeCondaPackages(folder);
    return folder;
  }

  beforeAll(async () => {
    sluice = await startSluice();
    clients = await everyClient(python, sluice);
    const folder = sluice.newFolder('sharded');
    await makeCondaFolder(python, folder);
    sharded = await startUpstreamServer({ folder });
    for (const [channel, , make] of kinds) {
      await sluice.makeChannel(channel, { privacy: channel === 'closed' ? 'private' : 'public' });
      await make();
    }
    for (const subdir of condaSubdirs) {
      const index = JSON.parse(readFileSync(path.join(folder, subdir, 'repodata.json'), 'utf8'));
      const records: Record<string, { sha256: string }> = { ...index.packages, ...index['packages.conda'] };
      for (const [file, { sha256 }] of Object.entries(records)) digests.set(`${subdir}/${file}`, sha256);
    }
  }, 300_000);
  beforeEach(() => clients.sharded.reset());
  afterAll(async () => {
    await clients.close();
    await sharded.close();
    await sluice.close();
  });

  it('were asked of an upstream that has them, and no repodata', () => {
    const paths = sharded.asked.map(({ path: asked }) => asked);
    expect(paths.filter((asked) => /repodata\.json/.test(asked))).toEqual([]);
    expect(paths.filter((asked) => asked.endsWith('/repodata_shards.msgpack.zst')).length).toBeGreaterThan(0);
  });

  /** What Sluice has made anew since it started, by kind. */
  const made = async () => (await sluice.app.request('GET', '/metrics')).text.match(/^sluice_regenerations_total.*$/gm);

  it('lead every client to the solution that repodata leads to, and nothing is made for it', async () => {
    const before = await made();
    const token = await sluice.readToken('closed');
    const wanted = kinds.map(([channel]): Wanted => ({ channel, specs, ...(channel === 'closed' && { token }) }));
    const chosen = await clients.solve(wanted);
    for (const [i, [channel, files]] of kinds.entries()) {
      const whole = files.map((file) => `${file} ${digests.get(file)}`).sort();
      expect([channel, chosen[i]]).toEqual([channel, alike(whole)]);
    }
    expect(monolithsAsked(clients.sharded.asked)).toEqual([]);
    // Two clients, two subdirs; six names, of which one is in osx-64 and the others in noarch.
    expect(shardsGot(clients.sharded.asked)).toEqual({ indexes: kinds.length * 4, shards: kinds.length * 12 });
    expect(monolithsAsked(clients.classic.asked).length).toBeGreaterThanOrEqual(kinds.length * 3);
    expect(before?.length).toBeGreaterThan(0);
    expect(await made()).toEqual(before);
  }, 300_000);

  it('come with the token by Bearer, and without one not at all', async () => {
    const own = ['another_dependent', 'buildstring'];
    const request = { channels: [`${clients.sharded.url}/api/repo/closed/`], specs: own, platform: 'osx-64' };
    const bearer = { '127.0.0.1': await sluice.readToken('closed') };
    const prefix = sluice.newFolder('prefix');
    const installed = await rattlerInstall(python, sluice.work, { ...request, bearer, prefix });
    expect(installed).toMatchObject({
      ok: true,
      value: { linked: { buildstring: {}, dependent: { file: 'dependent-2.0-0.conda' } } },
    });
    expect(shardsGot(clients.sharded.asked)).toEqual({ indexes: 2, shards: 5 });
    expect(monolithsAsked(clients.sharded.asked)).toEqual([]);
    const refused = await rattlerSolve(python, sluice.work, request);
    expect(refused).toMatchObject({ ok: false, text: expect.stringContaining('401') });
  });
});
