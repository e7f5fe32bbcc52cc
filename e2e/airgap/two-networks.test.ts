import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  buildCondaPackage,
  buildRPackage,
  buildWheel,
  startUpstreamServer,
  type UpstreamServer,
} from '@sluice/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runConda } from '../clients/conda-cli.ts';
import { pythonEnvironment } from '../clients/python-environment.ts';
import { pythonTools } from '../clients/python-tools.ts';
import { runR } from '../clients/r-cli.ts';
import { rattlerInstall } from '../clients/rattler-python.ts';
import { type SmallMirror, smallMirrors, type UpstreamState } from '../faults/requests/mirrors.ts';
import { readAll, type Shown } from '../faults/requests/shown-and-stored.ts';
import { slowness } from '../faults/until.ts';
import { describeInNamespaces } from './describe-in-namespaces.ts';
import { type CutOffNamespace, type NetworkNamespace, openCutOff, openJoined } from './network-namespace.ts';
import { openSite, type Site } from './site.ts';

// Two Sluices in two networks, of which one reaches nothing. What the other one mirrors and hosts is carried over in files.

const channel = 'main';
/** One of each type, all of them brought in before they are carried away. */
const carried = ['conda documents, active', 'CRAN, active', 'Python projects, active'].map(
  (name) => smallMirrors.find((mirror) => mirror.name === name)!,
);

describeInNamespaces('two networks', () => {
  let folder: string;
  let stick: string;
  let upstream: UpstreamServer;
  let near: Site;
  let far: Site;
  let networks: [NetworkNamespace, CutOffNamespace];

  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-airgap-'));
    stick = path.join(folder, 'stick');
    const [joined, cutOff] = [await openJoined(), await openCutOff()];
    networks = [joined, cutOff];
    await becomes('first');
    upstream = await startUpstreamServer({ folder: path.join(folder, 'upstream'), host: joined.here });
    [near, far] = await Promise.all([
      openSite(joined, path.join(folder, 'near')),
      openSite(cutOff, path.join(folder, 'far'), { SLUICE_SOURCES: 'none' }),
    ]);
    const types = ['conda', 'python', 'r'];
    await near.admin.tell('POST', '/api/channels', { name: channel, privacy: 'public', types });
    for (const mirror of carried) {
      const source_root = `${upstream.url}/${mirror.type}${mirror.root}`;
      const body = { mirror_name: mirror.type, source_root, run_now: true, ...mirror.body };
      await near.admin.tell('POST', `/api/channels/${channel}/mirrors`, body);
    }
    await upload(await buildCondaPackage({ name: 'own-conda', subdir: 'noarch', depends: ['demo-noarch'] }));
    await upload(await buildWheel({ name: 'own-python', fields: { 'Requires-Dist': 'demo' } }));
    await upload(await buildRPackage({ name: 'ownr', imports: 'demo' }));
    await near.quiet();
    const { public_key } = await near.sluice('bundle', 'key');
    await far.sluice('bundle', 'trust', 'add', public_key);
  }, 120_000 * slowness);
  afterAll(async () => {
    await Promise.all([near?.close(), far?.close()]);
    await upstream?.close();
    for (const network of networks ?? []) await network.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The upstreams of all types are in that state. */
  async function becomes(state: UpstreamState): Promise<void> {
    for (const mirror of carried) {
      const place = path.join(folder, 'upstream', mirror.type);
      rmSync(place, { recursive: true, force: true });
      mkdirSync(place, { recursive: true });
      await mirror.write(place, state);
    }
  }

  async function upload({ fileName, bytes }: { fileName: string; bytes: Uint8Array }): Promise<void> {
    const body = new FormData();
    body.append('content', new Blob([Uint8Array.from(bytes)]), fileName);
    const { headers } = near.admin;
    const answer = await fetch(`${near.outside}/api/channels/${channel}/artifacts`, { method: 'POST', headers, body });
    expect(answer.status, await answer.text()).toBeLessThan(300);
  }

  async function shownBy(site: Site): Promise<Shown> {
    const all = carried.map((mirror: SmallMirror) => readAll(site.outside, channel, mirror));
    return Object.assign({}, ...(await Promise.all(all)));
  }

  /** Make a bundle, carry its files over, and import them. @returns how large they are. */
  async function carry(name: string, ...options: string[]): Promise<number> {
    const output = path.join(stick, name);
    await near.sluice('bundle', 'create', '-c', channel, '--output', output, ...options);
    await far.sluice('bundle', 'verify', output);
    await far.sluice('bundle', 'import', output, '--follow');
    await far.quiet();
    const parts = readdirSync(output).filter((file) => file.endsWith('.sluice'));
    return parts.reduce((sum, file) => sum + statSync(path.join(output, file)).size, 0);
  }

  let full = 0;
  it('the far side shows the same, to the byte', { timeout: 120_000 * slowness }, async () => {
    const here = await shownBy(near);
    expect(Object.values(here).filter((one) => !one.startsWith('200'))).toEqual([]);
    full = await carry('full');
    expect(await shownBy(far)).toEqual(here);
  });

  it('clients install there', { timeout: 120_000 * slowness }, async () => {
    const newFolder = (name: string) => mkdtempSync(path.join(folder, `${name}-`));
    const address = `${far.url}/api/repo/${channel}`;
    const [conda, python] = await Promise.all([pythonEnvironment(), pythonEnvironment('tools.txt')]);
    await far.inside(async () => {
      if (conda.available) {
        const request = { channels: [`${address}/`], specs: ['own-conda'], platform: 'linux-64' };
        expect(await rattlerInstall(conda.python, folder, { ...request, prefix: newFolder('prefix') })).toMatchObject({
          ok: true,
          value: { linked: { 'own-conda': {}, 'demo-noarch': {} } },
        });
        const prefix = newFolder('conda');
        const where = ['--prefix', prefix, '--override-channels', '--channel', `${address}/`];
        const made = await runConda(conda.python, folder, ['create', '--yes', ...where, 'own-conda']);
        expect(made).toMatchObject({ status: 0 });
        const linked = readdirSync(path.join(prefix, 'conda-meta')).map((name) => name.replace(/-[^-]+-[^-]+$/, ''));
        expect(linked).toEqual(expect.arrayContaining(['own-conda', 'demo-noarch']));
      }
      if (python.available) {
        const target = newFolder('target');
        const { pip } = pythonTools(python.python, newFolder);
        const ran = await pip(['install', '--target', target, '--index-url', `${address}/simple/`, 'own-python']);
        expect(ran).toMatchObject({ status: 0 });
        expect(readdirSync(target)).toEqual(expect.arrayContaining(['demo', 'own_python']));
      }
      const work = newFolder('r');
      const ran = await runR({ work, repos: `${address}/cran`, code: 'install.packages("ownr")' }).catch(
        () => undefined,
      );
      if (ran === undefined) console.warn('SKIPPED R in a network that is cut off: there is no Rscript');
      else
        expect(
          ['demo', 'ownr'].filter((name) => !existsSync(path.join(work, 'library', name))),
          ran.stderr,
        ).toEqual([]);
    });
  });

  it('a delta against what the far side has brings it up to date', { timeout: 120_000 * slowness }, async () => {
    await becomes('second');
    const { items } = await near.admin.tell<{ items: { id: string }[] }>('GET', `/api/channels/${channel}/mirrors`);
    for (const { id } of items) await near.admin.tell('POST', `/api/channels/${channel}/mirrors/${id}/run`);
    await near.quiet();
    const here = await shownBy(near);
    const state = path.join(stick, 'main.state');
    await far.sluice('bundle', 'state', '--output', state);
    const delta = await carry('delta', '--state', state);
    expect(await shownBy(far)).toEqual(here);
    expect(delta).toBeLessThan(full);
  });

  it('the far side asked nobody for anything', async () => {
    expect(await networks[1].outbound()).toBe(0);
  });
});
