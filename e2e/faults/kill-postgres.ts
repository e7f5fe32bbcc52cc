import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { type Admin, logIn, mirrorUpstream, runMirror } from './admin.ts';
import { openEmbedded, type Query, runState, storedFiles } from './catalog-state.ts';
import { watchDocuments } from './document-watch.ts';
import {
  type Asked,
  expectComplete,
  expectFetchedOnce,
  expectSound,
  expectUnbroken,
  noteAsked,
} from './expect-whole.ts';
import type { KillMoment } from './kill-moment.ts';
import { channelWithOnePackage, expectShown, hasRecord } from './kill-server-in-upload.ts';
import { makeOwnPackage } from './own-package.ts';
import type { Scene } from './scene.ts';
import { readDocuments } from './shown-channel.ts';
import { beginUpload, upload } from './slow-upload.ts';
import { embeddedPostgres } from './sluice-process.ts';
import { until } from './until.ts';

/**
 * `kill -9` of the PostgreSQL child while the server brings in files: the server says 503 until a new one runs, and the
 * run goes on by itself.
 *
 * @returns what happened, for people.
 */
export async function killPostgres(scene: Scene, moment: KillMoment): Promise<string> {
  const server = await scene.start();
  const admin = await logIn(server.url);
  const { mirrorId } = await mirrorUpstream(admin, scene.upstream.url);
  const old = await readDocuments(server.url);
  const endWatch = watchDocuments(() => server.url);
  scene.growUpstream();
  const { runId } = await runMirror(admin, mirrorId);
  await scene.untilFetching(moment);
  const killed = performance.now();
  // Asleep, the server cannot have a new one before it is asked.
  server.signal('SIGSTOP');
  process.kill(embeddedPostgres(scene.dataDir)!.pid, 'SIGKILL');
  const first = refusalOf(admin);
  // Its backends outlive it for a moment.
  await sleep(1_000);
  server.signal('SIGCONT');
  await expectAwayThenBack(server.url, admin, first);
  const away = performance.now() - killed;
  const { query, close } = await openEmbedded(scene.dataDir);
  try {
    const found = await runState(query, runId);
    // Until it notices, at the next batch, it goes on fetching.
    const local = await noteUntilTakenUp(scene, query, runId, found.fence);
    await until('the run completes', 60_000, async () => {
      const { state } = await runState(query, runId);
      expect(state).not.toBe('failed');
      return state === 'completed';
    });
    const took = performance.now() - killed;
    const now = await expectComplete(scene, server.url, query);
    expectFetchedOnce(scene, local);
    expectUnbroken(await endWatch(), old, now, /503, Retry-After 5: .*"unavailable"/);
    expect(server.isAlive()).toBe(true);
    return `in stage ${found.stage} with ${local.local.size} of ${scene.files.size} files local; away for ${Math.round(away)} ms, completed after ${Math.round(took)} ms`;
  } finally {
    await close();
    await endWatch();
  }
}

/**
 * `kill -9` of the PostgreSQL child while somebody uploads: the answer is 201 or 503, and true.
 *
 * @returns what happened, for people.
 */
export async function killPostgresInUpload(scene: Scene, { share, thenMs }: KillMoment): Promise<string> {
  const server = await scene.start();
  const admin = await logIn(server.url);
  const old = await channelWithOnePackage(server.url, admin);
  const own = await makeOwnPackage('own');
  const uploading = beginUpload(server.url, admin, own.made);
  await uploading.sendUntil(share);
  await sleep(thenMs);
  process.kill(embeddedPostgres(scene.dataDir)!.pid, 'SIGKILL');
  await uploading.sendUntil(1);
  const answer = await uploading.answered;
  await untilBack(server.url, admin);
  const { query, close } = await openEmbedded(scene.dataDir);
  try {
    expect([201, 503]).toContain(answer?.status);
    if (answer?.status === 503) expect(answer.retryAfter).toBe('5');
    const isRecorded = await hasRecord(query, own);
    if (answer?.status === 201) expect(isRecorded).toBe(true);
    if (!isRecorded) expect(await readDocuments(server.url)).toEqual(old);
    expect([...storedFiles(scene.dataDir, 'tmp').keys()]).toEqual([]);
    expect(await upload(server.url, admin, own.made)).toBe(isRecorded ? 200 : 201);
    await expectShown(server.url, own);
    await expectSound(scene, query);
    return `answered ${answer?.status}, ${isRecorded ? 'there' : 'not there'}`;
  } finally {
    await close();
  }
}

/** What was asked for and is local, as it stood when the next slice took the run up, or the run was over. */
async function noteUntilTakenUp(scene: Scene, query: Query, runId: string, fence: number): Promise<Asked> {
  let noted: Asked | undefined;
  const isTakenUp = async () => {
    const asked = scene.upstream.asked.map(({ path }) => path);
    const now = await noteAsked(scene, asked, query);
    const run = await runState(query, runId);
    const isSo = run.fence > fence || run.state === 'completed';
    if (!isSo || noted === undefined) noted = now;
    return isSo;
  };
  await until('the run goes on', 30_000, isTakenUp, 50);
  return noted!;
}

/** What needs the database is refused for a while, and by nothing but 503; then it works again. */
async function expectAwayThenBack(url: string, admin: Admin, first: ReturnType<typeof refusalOf>): Promise<void> {
  expect(await first).toEqual({ status: 503, retryAfter: '5', code: 'unavailable' });
  expect((await fetch(`${url}/health/live`)).status).toBe(200);
  await untilBack(url, admin);
}

async function untilBack(url: string, admin: Admin): Promise<void> {
  await until('the server is ready again', 20_000, async () => {
    const refusal = await refusalOf(admin);
    if (refusal) expect(refusal).toEqual({ status: 503, retryAfter: '5', code: 'unavailable' });
    return !refusal && (await fetch(`${url}/health/ready`)).status === 200;
  });
}

/** What a question that needs the database is refused with. */
async function refusalOf(admin: Admin) {
  const answer = await admin.ask('GET', '/api/channels/demo/mirrors');
  const body = (await answer.json()) as { code?: string };
  if (answer.status === 200) return undefined;
  return { status: answer.status, retryAfter: answer.headers.get('retry-after'), code: body.code };
}
