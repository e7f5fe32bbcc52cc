import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { zstdCompressSync } from 'node:zlib';
import { buildCondaPackage } from '@sluice/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { condaSolve } from '../conda-cli.ts';
import { describeWithPython } from '../describe-with-python.ts';
import { rattlerInstall, rattlerSolve } from '../rattler-python.ts';
import { type Chosen, type EveryClient, everyClient, monolithsAsked } from './every-client.ts';
import { type Sluice, startSluice } from './start-sluice.ts';

const dayMs = 86_400_000;
const changes = process.env.LONG ? 1000 : 30;
const specs = ['own-app', 'small-executable'];
const lockedFile = 'noarch/small-executable-1.0-0.conda';

/** What one publication was when it was the head. */
interface Moment {
  readonly no: number;
  readonly created: string;
  readonly chosen: Chosen;
}

await describeWithPython('the past of a channel', (python) => {
  let sluice: Sluice;
  let clients: EveryClient;
  let mirrorId: string;
  let lock: string;
  const lockedDigest = { sha256: '' };
  /** How long ago it is for the server: at first six in the morning, so that a few hours are no other day. */
  let ago_ms = 100 * dayMs + ((Date.now() - 6 * 3_600_000) % dayMs);
  const moments: Record<string, Moment> = {};

  /** Let so many days pass, and publish what is to be published. */
  async function pass(days: number) {
    ago_ms -= days * dayMs;
    await sluice.app.jobsDone();
  }
  async function upload(name: string, version: string, depends: string[] = []) {
    await sluice.upload(
      'past',
      await buildCondaPackage({ name, version, depends, files: { [`share/${name}`]: version } }),
    );
  }
  /** A second after whatever was published last: sooner, it would wait. */
  const filter = async (...exclude_specs: string[]) => {
    await pass(1 / 86_400);
    await sluice.ask('PUT', '/api/channels/past', { filters: { exclude_specs } });
    await sluice.app.jobsDone();
  };
  /** Look after what is stored, which takes as long as there is much of it: a slice alone has a minute. @returns the run. */
  async function maintain(kind: 'collect' | 'check', options: object = {}) {
    const { id } = await sluice.ask('POST', `/api/maintenance/${kind}`, options);
    const run = () => sluice.ask('GET', `/api/maintenance/${id}`);
    await expect.poll(async () => (await run()).state, { timeout: 600_000, interval: 200 }).toMatch(/completed|failed/);
    await sluice.app.jobsDone();
    const ended = await run();
    expect(ended).toMatchObject({ state: 'completed' });
    return ended;
  }
  /** What every client chooses of the head now, to be compared with later. */
  async function keep(name: string) {
    const { number, created } = await sluice.ask('GET', '/api/channels/past/publications/head');
    const [chosen] = await clients.solve([{ channel: 'past', specs }]);
    moments[name] = { no: number, created, chosen: chosen! };
    expectAlike(chosen!);
  }
  /** All clients chose the same, and chose something. */
  function expectAlike(chosen: Chosen) {
    const [first, ...others] = Object.values(chosen);
    expect(first).toBeInstanceOf(Array);
    for (const other of others) expect(other).toEqual(first);
  }
  const filesOf = (name: string) => moments[name]!.chosen['py-rattler by shards'];
  /** Ask for the repodata of the past until it is made. */
  async function awaitRepodata(channel: string) {
    for (const subdir of ['noarch', 'osx-64']) {
      for (const document of ['repodata.json.zst', 'current_repodata.json']) {
        const status = async () => (await fetch(`${sluice.address(channel)}${subdir}/${document}`)).status;
        await expect.poll(status, { timeout: 15_000 }).toBe(200);
      }
    }
  }
  function removeUpstream(file: string) {
    rmSync(path.join(sluice.folder, 'noarch', file));
    const document = path.join(sluice.folder, 'noarch/repodata.json');
    const repodata = JSON.parse(readFileSync(document, 'utf8'));
    delete repodata['packages.conda'][file];
    writeFileSync(document, JSON.stringify(repodata));
    writeFileSync(`${document}.zst`, zstdCompressSync(JSON.stringify(repodata)));
  }

  beforeAll(async () => {
    sluice = await startSluice({ clock: () => new Date(Date.now() - ago_ms) });
    clients = await everyClient(python, sluice);
    await sluice.makeChannel('past', { filters: { exclude_specs: ['dependent >=2'] } });
    // What is uploaded here is not to hide what the upstream has under its name.
    await sluice.ask('PUT', '/api/channels/past/layers', { name_priority: 'merge' });
    ({ id: mirrorId } = await sluice.mirror('past', { mirror_mode: 'active' }));
    await upload('own-app', '1.0', ['another_dependent']);
    await keep('first');
    lock = path.join(sluice.newFolder('lock'), 'pixi.lock');
    const request = { channels: [sluice.address('past')], specs: ['small-executable'], platform: 'osx-64', lock };
    expect(await rattlerSolve(python, sluice.work, request)).toMatchObject({ ok: true });
    lockedDigest.sha256 = createHash('sha256')
      .update(readFileSync(path.join(sluice.folder, lockedFile)))
      .digest('hex');

    await pass(1 / 24);
    await upload('own-app', '1.1', ['another_dependent']);
    await keep('pinned');
    await sluice.ask('PUT', '/api/channels/past/pins/release', { publication: 'head' });

    await pass(1 / 24);
    await upload('own-app', '1.2', ['another_dependent <2']);
    await keep('last of its day');

    await pass(80);
    await filter();
    await keep('unfiltered');

    await pass(5);
    removeUpstream('small-executable-1.0-0.conda');
    await upload('small-executable', '0.9');
    await sluice.ask('POST', `/api/channels/past/mirrors/${mirrorId}/run`);
    await pass(1);
    await keep('without what the upstream removed');
  }, 600_000);
  afterAll(async () => {
    await clients.close();
    await sluice.close();
  });

  it('differs from day to day, as this test wants it', () => {
    expect(new Set(Object.keys(moments).map((name) => JSON.stringify(filesOf(name)))).size).toBe(5);
    expect(filesOf('first').toString()).toContain('own-app-1.0-0.conda');
    expect(filesOf('last of its day').toString()).toContain('another_dependent-1.0-0.conda');
    expect(filesOf('unfiltered').toString()).toContain('dependent-2.0-0.conda');
    expect(filesOf('without what the upstream removed').toString()).toContain('small-executable-0.9-0.conda');
  });

  it('is shown again by a rollback, until the channel is unfrozen', async () => {
    const { no } = moments.first!;
    expect(await sluice.ask('POST', '/api/channels/past/rollback', { to: no })).toMatchObject({ to: no });
    await pass(1 / 24);
    await upload('own-app', '9.9');
    const [chosen] = await clients.solve([{ channel: 'past', specs }]);
    expect(chosen).toEqual(moments.first!.chosen);
    await sluice.ask('PUT', '/api/channels/past', { indexing_behavior: 'default' });
    await pass(1 / 24);
    const latest = await rattlerSolve(python, sluice.work, {
      ...{ channels: [sluice.address('past')], specs: ['own-app'], platform: 'osx-64' },
    });
    expect(latest).toMatchObject({ ok: true, value: { records: [{ file: 'own-app-9.9-0.conda' }] } });
  }, 180_000);

  it(`reads the same after ${changes} further changes and collections, while uploads go on`, async () => {
    for (let change = 0; change < changes; change++) {
      await filter(...(change % 2 === 0 ? ['own-app >=1', 'zlib'] : [`private-package`, `clobber-${change}`]));
    }
    const listed = await sluice.ask('GET', '/api/channels/past/publications?limit=1');
    expect(listed.total_count).toBeGreaterThan(changes + 5);
    let removed = 0;
    for (let round = 0; round < 4; round++) {
      await pass(26 / 24);
      removed += (await maintain('collect')).collect.publications;
    }
    expect(removed).toBeGreaterThan(0);

    const day = (name: string) => moments[name]!.created.slice(0, 10);
    const basic = (name: string) => moments[name]!.created.replace(/\.\d+/, '').replaceAll(/[-:]/g, '');
    const refs: [ref: string, name: string][] = [
      ['release', 'pinned'],
      [String(moments.pinned!.no), 'pinned'],
      [day('last of its day'), 'last of its day'],
      [String(moments.unfiltered!.no), 'unfiltered'],
      [basic('unfiltered'), 'unfiltered'],
      [moments['without what the upstream removed']!.created, 'without what the upstream removed'],
    ];
    // What is not kept says what is near.
    const gone = await fetch(`${sluice.address(`past@${moments.first!.no}`)}noarch/repodata_shards.msgpack.zst`);
    expect(gone.status).toBe(404);
    expect(await gone.json()).toMatchObject({ detail: expect.stringContaining(String(moments.pinned!.no)) });

    // Repodata of the past is made when it is first asked for: conda comes again after a 503.
    const asked = {
      specs,
      platform: 'osx-64',
      channels: [`${clients.classic.url}/api/repo/past@${moments.unfiltered!.no}/`],
    };
    clients.classic.reset();
    const solved = await condaSolve(python, sluice.work, asked);
    expect(solved.map(({ subdir, fn, sha256 }) => `${subdir}/${fn} ${sha256}`).sort()).toEqual(filesOf('unfiltered'));
    expect(clients.classic.asked.map(({ status }) => status)).toContain(503);

    let uploading = true;
    const uploads = (async () => {
      let count = 0;
      for (; uploading; count++) {
        ago_ms -= 1500;
        await sleep(200);
        await sluice.upload('past', await buildCondaPackage({ name: 'own-app', version: `10.${count}` }), {
          wait: false,
        });
      }
      return count;
    })();
    try {
      for (const [ref] of refs) await awaitRepodata(`past@${ref}`);
      clients.sharded.reset();
      const chosen = await clients.solve(refs.map(([ref]) => ({ channel: `past@${ref}`, specs })));
      expect(chosen.map((one, i) => [refs[i]![0], one])).toEqual(
        refs.map(([ref, name]) => [ref, moments[name]!.chosen]),
      );
      expect(monolithsAsked(clients.sharded.asked)).toEqual([]);

      const prefix = sluice.newFolder('prefix');
      const request = { channels: [sluice.address('past@release')], specs, platform: 'osx-64', prefix };
      const installed = await rattlerInstall(python, sluice.work, request);
      expect(installed).toMatchObject({ ok: true, value: { linked: { 'own-app': { file: 'own-app-1.1-0.conda' } } } });
      expect(readFileSync(path.join(prefix, 'share/own-app'), 'utf8')).toBe('1.1');
    } finally {
      uploading = false;
    }
    expect(await uploads).toBeGreaterThan(0);
    await sluice.app.jobsDone();
    const { check } = await maintain('check', { deep: true });
    expect(check).toMatchObject({ errors: 0, findings: [] });
  }, 3_600_000);

  it('still serves the file of a lock that the head does not list any more', async () => {
    const { json } = await sluice.app.request('GET', '/api/repo/past/noarch/repodata.json');
    expect(json['packages.conda']).not.toHaveProperty(['small-executable-1.0-0.conda']);
    const prefix = sluice.newFolder('prefix');
    const request = { channels: [], specs: [], platform: 'osx-64', lock, prefix };
    const installed = await rattlerInstall(python, sluice.work, request);
    expect(installed).toMatchObject({ ok: true, value: { linked: { 'small-executable': {} } } });
    const answer = await fetch(`${sluice.address('past')}${lockedFile}`);
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect([answer.status, createHash('sha256').update(bytes).digest('hex')]).toEqual([200, lockedDigest.sha256]);
  });
});
