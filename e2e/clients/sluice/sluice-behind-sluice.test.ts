import { buildCondaPackage, condaSubdirs } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rattlerJsSolve } from '../rattler-js.ts';
import { type RecordingProxy, startRecordingProxy } from '../recording-proxy.ts';
import { monolithsAsked, shardsGot } from './every-client.ts';
import { type Sluice, startSluice } from './start-sluice.ts';

describe('a Sluice that mirrors a Sluice', () => {
  let first: Sluice;
  let second: Sluice;
  /** What the second asks of the first. */
  let between: RecordingProxy;
  let mirrorId: string;

  const own = (version: string) => buildCondaPackage({ name: 'own-app', version, depends: ['another_dependent'] });
  /** Run the mirror of the second; what it got that was not known to it. */
  async function runAgain() {
    between.reset();
    await second.ask('POST', `/api/channels/behind/mirrors/${mirrorId}/run`);
    await second.app.jobsDone();
    expect(await second.ask('GET', `/api/channels/behind/mirrors/${mirrorId}`)).toMatchObject({ state: 'completed' });
    expect(monolithsAsked(between.asked)).toEqual([]);
    return shardsGot(between.asked);
  }
  const solve = async (address: string) => {
    const solved = await rattlerJsSolve(['own-app', 'zlib'], [address], ['osx-64', 'noarch']);
    return solved.map(({ file, sha256 }) => `${file} ${sha256}`).sort();
  };
  async function expectSame() {
    for (const subdir of condaSubdirs) {
      for (const document of ['repodata_shards.msgpack.zst', 'repodata.json', 'current_repodata.json']) {
        const bytes = async (address: string) => {
          const answer = await fetch(`${address}${subdir}/${document}`);
          expect(answer.status).toBe(200);
          return Buffer.from(await answer.arrayBuffer()).toString('latin1');
        };
        expect(await bytes(second.address('behind')), document).toBe(await bytes(first.address('front')));
      }
    }
    expect(await solve(second.address('behind'))).toEqual(await solve(first.address('front')));
  }

  beforeAll(async () => {
    [first, second] = await Promise.all([startSluice(), startSluice()]);
    between = await startRecordingProxy(first.app.url);
    await first.makeChannel('front');
    await first.mirror('front');
    await first.upload('front', await own('1.0'));
    await first.ask('PUT', '/api/channels/front/pins/release', { publication: 'head' });
    await second.makeChannel('behind');
    ({ id: mirrorId } = await second.mirror('behind', { source_root: `${between.url}/api/repo/front` }));
  });
  afterAll(async () => {
    await Promise.all([between.close(), second.close()]);
    await first.close();
  });

  it('reads its shards, and shows the same to the byte', async () => {
    expect(monolithsAsked(between.asked)).toEqual([]);
    expect(shardsGot(between.asked).shards).toBeGreaterThan(20);
    await expectSame();
  });

  it('asks for nothing when nothing changed, and then only for the shard that did', async () => {
    expect(await runAgain()).toEqual({ indexes: 0, shards: 0 });
    await first.upload('front', await own('2.0'));
    expect(await runAgain()).toEqual({ indexes: 1, shards: 1 });
    await expectSame();
    expect((await solve(second.address('behind'))).toString()).toContain('own-app-2.0');
  });

  it('may be mirrored in turn: a third shows the same to the byte', async () => {
    const third = await startSluice();
    try {
      await third.makeChannel('far');
      await third.mirror('far', { source_root: second.address('behind') });
      for (const subdir of condaSubdirs) {
        const index = async (address: string) => {
          const answer = await fetch(`${address}${subdir}/repodata_shards.msgpack.zst`);
          return Buffer.from(await answer.arrayBuffer()).toString('latin1');
        };
        expect(await index(third.address('far'))).toBe(await index(first.address('front')));
      }
      expect(await solve(third.address('far'))).toEqual(await solve(first.address('front')));
    } finally {
      await third.close();
    }
  });

  it('may mirror what the first showed at another time', async () => {
    await second.makeChannel('released');
    await second.mirror('released', { source_root: `${between.url}/api/repo/front@release` });
    const released = await solve(second.address('released'));
    expect(released).toEqual(await solve(first.address('front@release')));
    expect(released.toString()).toContain('own-app-1.0');
  });
});
