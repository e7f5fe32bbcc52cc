import { expect } from 'vitest';
import { logIn, mirrorUpstream, runMirror } from './admin.ts';
import { openEmbedded, runState } from './catalog-state.ts';
import { watchDocuments } from './document-watch.ts';
import { expectComplete, expectFetchedOnce, expectSound, expectUnbroken, noteAsked } from './expect-whole.ts';
import type { KillMoment } from './kill-moment.ts';
import type { Scene } from './scene.ts';
import { readDocuments, wrongFiles } from './shown-channel.ts';
import { slowness, until, untilHeard } from './until.ts';

/**
 * `kill -9` of the whole server while it brings in files, and a new start on the same folder: the run goes on by itself.
 *
 * @returns what happened, for people.
 */
export async function killServer(scene: Scene, moment: KillMoment): Promise<string> {
  const first = await scene.start();
  let url: string | undefined = first.url;
  const admin = await logIn(first.url);
  const { mirrorId } = await mirrorUpstream(admin, scene.upstream.url);
  const old = await readDocuments(first.url);
  const endWatch = watchDocuments(() => url);
  scene.growUpstream();
  const { runId } = await runMirror(admin, mirrorId);
  await scene.untilFetching(moment);
  url = undefined;
  await first.kill();
  await untilHeard();
  const asked = scene.upstream.asked.map(({ path }) => path);

  const second = await scene.start();
  const { query, close } = await openEmbedded(scene.dataDir);
  try {
    const found = await runState(query, runId);
    const local = await noteAsked(scene, asked, query);
    await expectSound(scene, query);
    url = second.url;
    if (found.state !== 'completed') expect(await wrongFiles(second.url, old)).toEqual([]);
    await until('the run goes on', 30_000, async () => {
      const { fence, state } = await runState(query, runId);
      return fence > found.fence || state === 'completed';
    });
    const resumed = performance.now() - second.readyAt;
    expect(resumed).toBeLessThan(30_000 * slowness);
    await until('the run completes', 60_000, async () => {
      const { state } = await runState(query, runId);
      expect(state).not.toBe('failed');
      return state === 'completed';
    });
    const now = await expectComplete(scene, second.url, query);
    expectFetchedOnce(scene, local);
    expectUnbroken(await endWatch(), old, now);
    expect(second.log().filter(({ level }) => level === 'error')).toEqual([]);
    return `in stage ${found.stage} with ${local.local.size} of ${scene.files.size} files local; went on after ${seconds(resumed)}`;
  } finally {
    await close();
    await endWatch();
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
