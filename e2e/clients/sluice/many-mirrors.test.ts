import { existsSync } from 'node:fs';
import path from 'node:path';
import {
  buildCondaPackage,
  buildCranTree,
  buildRPackage,
  buildWheel,
  indexedFile,
  makeTestAuthority,
  type ProxyServer,
  startProxyServer,
  startUpstreamServer,
  type UpstreamServer,
  writeCondaSubdir,
  writeSimpleIndex,
} from '@sluice/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPython } from '../describe-with-python.ts';
import { pythonTools } from '../python-tools.ts';
import { describeWithR, runR } from '../r-cli.ts';
import { rattlerInstall } from '../rattler-python.ts';
import { type Sluice, startSluice } from './start-sluice.ts';

// One channel of all types, over mirrors of two upstreams: one that only a proxy with a password reaches, with a certificate of a
// private authority, and one that is asked directly, as NO_PROXY says.

const authority = makeTestAuthority();
let sluice: Sluice;
let far: UpstreamServer;
let near: UpstreamServer;
let proxy: ProxyServer;
let folders: { far: string; near: string };
const mirrors: Record<string, string> = {};

beforeAll(async () => {
  proxy = await startProxyServer({ credentials: 'sluice:pass', hosts: { 'far.test': '127.0.0.1' } });
  const through = proxy.url.replace('http://', 'http://sluice:pass@');
  sluice = await startSluice({
    env: { HTTP_PROXY: through, HTTPS_PROXY: through, NO_PROXY: '127.0.0.0/8,localhost,127.0.0.1' },
  });
  folders = { far: sluice.newFolder('far'), near: sluice.newFolder('near') };
  await writeUpstream(folders.far, 'far', ['1.0']);
  await writeUpstream(folders.near, 'near', ['1.0', '1.1']);
  far = await startUpstreamServer({ folder: folders.far, tls: authority.certify('far.test') });
  near = await startUpstreamServer({ folder: folders.near });
  await sluice.makeChannel('all', { types: ['conda', 'python', 'r'] });
  const roots = { far: `https://far.test:${far.port}`, near: near.url };
  for (const [place, root] of Object.entries(roots)) {
    for (const [type, more] of Object.entries({
      conda: { mirror_type: 'conda', source_root: `${root}/conda`, keep_legacy: true },
      python: { mirror_type: 'python_simple', source_root: `${root}/simple`, filters: { projects: [`from-${place}`] } },
      r: { mirror_type: 'CRAN', source_root: `${root}/cran` },
    })) {
      const ca = place === 'far' ? { ca: authority.ca } : {};
      const body = { mirror_name: `${place} ${type}`, mirror_mode: 'active', keep_legacy: false, ...ca, ...more };
      const { id } = await sluice.mirror('all', { ...body, keep_removed: true });
      mirrors[`${place} ${type}`] = `/api/channels/all/mirrors/${id}`;
    }
  }
});
afterAll(async () => {
  await sluice.close();
  await Promise.all([far, near, proxy].map((server) => server.close()));
});

/** All types in one folder; every package is named for the upstream, and needs the other one's. */
async function writeUpstream(folder: string, place: string, versions: readonly string[]): Promise<void> {
  const other = place === 'far' ? 'near' : 'far';
  const name = `from-${place}`;
  const conda = versions.map((version) =>
    buildCondaPackage({ name, version, depends: [], files: { [`share/${name}`]: version } }),
  );
  const needy = buildCondaPackage({ name: `needs-${other}`, depends: [`from-${other}`] });
  writeCondaSubdir(path.join(folder, 'conda/noarch'), await Promise.all([...conda, needy]));
  const wheels = await Promise.all(versions.map((version) => buildWheel({ name, version })));
  writeSimpleIndex(folder, { [name]: wheels.map((wheel) => indexedFile(wheel)) });
  const dots = `from.${place}`;
  buildCranTree(
    path.join(folder, 'cran/src/contrib'),
    await Promise.all(
      versions.map((version) =>
        buildRPackage({ name: dots, version, ...(place === 'near' && { imports: 'from.far' }) }),
      ),
    ),
  );
}

it('asks the one through the proxy, with its password, and the other directly', () => {
  expect(proxy.asked.length).toBeGreaterThan(0);
  expect(proxy.asked.filter(({ admitted, target }) => !admitted || target !== `far.test:${far.port}`)).toEqual([]);
  expect(far.count('/conda/noarch/from-far-1.0-0.conda')).toBe(1);
  expect(near.count('/conda/noarch/from-near-1.1-0.conda')).toBe(1);
});

it.each([
  ['without its authority', () => ({ ca: null }), 'is not trusted'],
  [
    'through its own proxy without the password',
    () => ({ ca: authority.ca, proxy: proxy.url }),
    'wants other credentials',
  ],
])('says why nothing comes %s', async (how, more, reason) => {
  const source_root = `https://far.test:${far.port}/conda`;
  const body = { mirror_name: how, mirror_mode: 'passive', source_root, run_now: true, ...more() };
  const { id } = await sluice.ask('POST', '/api/channels/all/mirrors', body);
  await sluice.app.jobsDone();
  const { state, sync_state } = await sluice.ask('GET', `/api/channels/all/mirrors/${id}`);
  expect([state, sync_state.last_exception]).toEqual(['failed', expect.stringContaining(reason)]);
  await sluice.ask('DELETE', `/api/channels/all/mirrors/${id}`);
  await sluice.app.jobsDone();
});

/** The near upstream loses its old versions, and its mirrors run. */
async function loseOld(): Promise<void> {
  await writeUpstream(folders.near, 'near', ['1.2']);
  for (const [name, url] of Object.entries(mirrors)) {
    if (name.startsWith('near')) await sluice.ask('POST', `${url}/run`);
  }
  await sluice.app.jobsDone();
}

await describeWithPython('py-rattler on many mirrors', (python) => {
  const install = (specs: string[], channel = 'all') =>
    rattlerInstall(python, sluice.work, {
      channels: [sluice.address(channel)],
      specs,
      platform: 'linux-64',
      prefix: sluice.newFolder('prefix'),
    });

  it('installs of one what needs the other', async () => {
    expect(await install(['needs-near', 'needs-far'])).toMatchObject({
      ok: true,
      value: {
        linked: { 'from-near': { file: 'from-near-1.1-0.conda' }, 'from-far': { file: 'from-far-1.0-0.conda' } },
      },
    });
  });

  it('installs what was asked for with all that it depends on, of a mirror of nothing else', async () => {
    await sluice.makeChannel('narrow');
    const filters = { only_specs: ['dependent >=2'], include_dependencies: true };
    await sluice.mirror('narrow', { mirror_mode: 'active', filters });
    expect(await install(['dependent'], 'narrow')).toMatchObject({
      ok: true,
      value: { linked: { dependent: { file: 'dependent-2.0-0.conda' }, dependency: {} } },
    });
    expect(await install(['small-executable'], 'narrow')).toMatchObject({ ok: false });
  });
});

await describeWithPython(
  'pip on many mirrors',
  (python) => {
    it('installs from both', async () => {
      const target = sluice.newFolder('target');
      const { pip } = pythonTools(python, sluice.newFolder);
      const args = [
        'install',
        '--target',
        target,
        '--index-url',
        `${sluice.address('all')}simple/`,
        'from-far',
        'from-near',
      ];
      const { status, stderr } = await pip(args);
      expect([status, stderr]).toEqual([0, expect.anything()]);
      expect(
        ['from_far-1.0', 'from_near-1.1'].filter((name) => !existsSync(path.join(target, `${name}.dist-info`))),
      ).toEqual([]);
    });
  },
  'tools.txt',
);

describeWithR('R on many mirrors', () => {
  it('installs of one what needs the other', async () => {
    const work = sluice.newFolder('r');
    const ran = await runR({ work, repos: `${sluice.address('all')}cran`, code: 'install.packages("from.near")' });
    expect(ran.status, ran.stderr).toBe(0);
    expect(['from.near', 'from.far'].filter((name) => !existsSync(path.join(work, 'library', name)))).toEqual([]);
  });
});

await describeWithPython(
  'what vanished upstream and is kept',
  (python) => {
    it('still installs', async () => {
      await loseOld();
      const target = sluice.newFolder('target');
      const { pip } = pythonTools(python, sluice.newFolder);
      const index = ['--index-url', `${sluice.address('all')}simple/`];
      expect(await pip(['install', '--target', target, ...index, 'from-near==1.0'])).toMatchObject({ status: 0 });
      expect(await pip(['download', '-d', target, ...index, 'from-near'])).toMatchObject({ status: 0 });
      expect(existsSync(path.join(target, 'from_near-1.2-py3-none-any.whl'))).toBe(true);
      const conda = await sluice.app.request('GET', '/api/repo/all/noarch/repodata.json');
      expect(Object.keys(conda.json['packages.conda'])).toEqual(
        expect.arrayContaining(['from-near-1.0-0.conda', 'from-near-1.2-0.conda']),
      );
    });
  },
  'tools.txt',
);
