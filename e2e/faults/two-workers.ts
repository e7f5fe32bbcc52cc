import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase } from '@sluice/testkit';
import { expect } from 'vitest';
import { logIn, mirrorUpstream, runMirror } from './admin.ts';
import { openDatabase, type Query, runState, snapshot, storedFiles } from './catalog-state.ts';
import { expectComplete, expectFetchedOnce, noteAsked, untilIdle } from './expect-whole.ts';
import type { KillMoment } from './kill-moment.ts';
import type { Scene } from './scene.ts';
import { readDocuments } from './shown-channel.ts';
import type { SluiceProcess } from './sluice-process.ts';
import { slowness, until, untilHeard } from './until.ts';

/** A run under way, and two processes on one database and one data folder, of which one holds it. */
interface Pair {
  readonly holder: SluiceProcess;
  readonly other: SluiceProcess;
  readonly runId: string;
  readonly query: Query;
  /** Fence of the holder. */
  readonly fence: number;
  /** Where a client can ask, when the process it asked before is gone. */
  webUrl(): Promise<string>;
}

/**
 * `kill -9` of that one of two workers which holds the run: the other goes on.
 *
 * @returns what happened, for people.
 */
export async function killHolder(scene: Scene, moment: KillMoment): Promise<string> {
  return withPair(scene, moment, async ({ holder, other, runId, query, fence, webUrl }) => {
    await holder.kill();
    const killed = performance.now();
    await untilHeard();
    const local = await noteAsked(scene, askedPaths(scene), query);
    const found = await runState(query, runId);
    await untilTakenOver(query, runId, fence, other);
    const resumed = performance.now() - killed;
    expect(resumed).toBeLessThan(30_000 * slowness);
    await untilCompleted(query, runId);
    await expectComplete(scene, await webUrl(), query);
    expectFetchedOnce(scene, local);
    expect(other.log().filter(({ level }) => level === 'error')).toEqual([]);
    return `in stage ${found.stage} with ${local.local.size} of ${scene.files.size} files local; the other went on after ${Math.round(resumed)} ms`;
  });
}

/**
 * The holder of the run is stopped by SIGSTOP and wakes when the other has finished it: it writes nothing, and says why.
 *
 * @returns what happened, for people.
 */
export async function wakeHolder(scene: Scene, moment: KillMoment): Promise<string> {
  // However late the signal comes, it meets the holder at work.
  const asleep = Promise.withResolvers<void>();
  const work = async ({ holder, other, runId, query, fence, webUrl }: Pair) => {
    holder.signal('SIGSTOP');
    const stopped = performance.now();
    await untilHeard();
    asleep.resolve();
    const local = await noteAsked(scene, askedPaths(scene), query);
    await untilTakenOver(query, runId, fence, other);
    const resumed = performance.now() - stopped;
    expect(resumed).toBeLessThan(30_000 * slowness);
    await untilCompleted(query, runId);
    await untilIdle(query);
    const before = { rows: await snapshot(query), blobs: storedFiles(scene.dataDir, 'blobs'), packs: packs(scene) };
    const lines = holder.log().length;

    holder.signal('SIGCONT');
    const words = await until('the woken one says that it was fenced out', 20_000, () =>
      holder
        .log()
        .slice(lines)
        .find(({ msg, run_id }) => /fenced out/.test(msg) && run_id === runId),
    );
    expect(words).toMatchObject({ level: 'warn' });
    // Long enough for each of its clocks: the beat of the lease and of the queue, the sweeper, batches, retries.
    await sleep(6_000);
    const after = { rows: await snapshot(query), blobs: storedFiles(scene.dataDir, 'blobs'), packs: packs(scene) };
    expect(after).toEqual(before);
    expect([...storedFiles(scene.dataDir, 'tmp').keys()]).toEqual([]);
    await expectComplete(scene, await webUrl(), query);
    expectFetchedOnce(scene, local);
    for (const { log } of [holder, other]) expect(log().filter(({ level }) => level === 'error')).toEqual([]);
    return `with ${local.local.size} of ${scene.files.size} files local; the other went on after ${Math.round(resumed)} ms`;
  };
  return withPair(scene, moment, work, asleep.promise);
}

/** @param until the run does not end before this, where it is given. */
async function withPair<T>(
  scene: Scene,
  moment: KillMoment,
  work: (pair: Pair) => Promise<T>,
  until?: Promise<void>,
): Promise<T> {
  const database = await createTestDatabase({ isMigrated: false });
  const { query, close } = openDatabase(database.config);
  try {
    const env = { DATABASE_URL: database.connectionString };
    const web = await scene.start({ ...env, SLUICE_ROLES: 'web,worker' });
    const worker = await scene.start({ ...env, SLUICE_ROLES: 'worker' });
    const admin = await logIn(web.url);
    const { mirrorId } = await mirrorUpstream(admin, scene.upstream.url);
    await readDocuments(web.url);
    scene.growUpstream(until);
    const { runId } = await runMirror(admin, mirrorId);
    await scene.untilFetching(moment);
    const { worker: name, fence } = await runState(query, runId);
    const [holder, other] = name?.endsWith(`:${web.pid}`) ? [web, worker] : [worker, web];
    expect(name).toMatch(new RegExp(`:${holder.pid}$`));
    const webUrl = async () => (web.isAlive() ? web.url : (await scene.start({ ...env, SLUICE_ROLES: 'web' })).url);
    return await work({ holder, other, runId, query, fence, webUrl });
  } finally {
    await scene.stop();
    await close();
    await database.close();
  }
}

const askedPaths = (scene: Scene) => scene.upstream.asked.map(({ path }) => path);
const packs = (scene: Scene) => storedFiles(scene.dataDir, 'packs');

async function untilTakenOver(query: Query, runId: string, fence: number, by: SluiceProcess): Promise<void> {
  await until('the other worker goes on', 30_000, async () => {
    const run = await runState(query, runId);
    return (run.fence > fence && run.worker?.endsWith(`:${by.pid}`)) || run.state === 'completed';
  });
}

async function untilCompleted(query: Query, runId: string): Promise<void> {
  await until('the run completes', 60_000, async () => {
    const { state } = await runState(query, runId);
    expect(state).not.toBe('failed');
    return state === 'completed';
  });
}
