import { utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { type Admin, logIn } from './admin.ts';
import { openEmbedded, type Query, storedFiles } from './catalog-state.ts';
import { expectSound } from './expect-whole.ts';
import type { KillMoment } from './kill-moment.ts';
import { makeOwnPackage, type OwnPackage } from './own-package.ts';
import type { Scene } from './scene.ts';
import { listedFiles, readDocuments, type ShownDocuments, statusOf, wrongFiles } from './shown-channel.ts';
import { beginUpload, upload } from './slow-upload.ts';
import { until } from './until.ts';

/**
 * `kill -9` of the whole server while somebody uploads, and a new start on the same folder: the file is there with
 * everything, or not at all.
 *
 * @returns what happened, for people.
 */
export async function killServerInUpload(scene: Scene, { share, thenMs }: KillMoment): Promise<string> {
  const first = await scene.start();
  const admin = await logIn(first.url);
  const old = await channelWithOnePackage(first.url, admin);
  const own = await makeOwnPackage('own');
  const uploading = beginUpload(first.url, admin, own.made);
  await uploading.sendUntil(share);
  await sleep(thenMs);
  await first.kill();
  const answer = await uploading.answered;
  const leftover = ageLeftovers(scene.dataDir);

  const second = await scene.start();
  const { query, close } = await openEmbedded(scene.dataDir);
  try {
    await expectSound(scene, query);
    const isRecorded = await hasRecord(query, own);
    // What was acknowledged is there; what did not come whole is not.
    if (answer) expect({ ...answer, isRecorded }).toMatchObject({ status: 201, isRecorded: true });
    if (share < 1) expect(isRecorded).toBe(false);
    if (!isRecorded) {
      expect(await statusOf(second.url, own.place)).toBe(404);
      expect(await readDocuments(second.url)).toEqual(old);
      expect(await query(`select from blob where sha256 = decode($1, 'hex')`, [own.sha256])).toEqual([]);
      if (share < 1) expect(storedFiles(scene.dataDir, 'blobs').keys()).not.toContain(own.sha256);
    }
    await expectSwept(scene.dataDir, query, leftover);
    expect(await upload(second.url, await logIn(second.url), own.made)).toBe(isRecorded ? 200 : 201);
    await expectShown(second.url, own);
    await expectSound(scene, query);
    expect(second.log().filter(({ level }) => level === 'error')).toEqual([]);
    return `${answer ? 'acknowledged' : 'not acknowledged'}, ${isRecorded ? 'there' : 'not there'}, ${leftover.length} temporary files left`;
  } finally {
    await close();
  }
}

/** Make the public channel `demo` with one uploaded package. @returns what it shows. */
export async function channelWithOnePackage(url: string, admin: Admin): Promise<ShownDocuments> {
  await admin.tell('POST', '/api/channels', { name: 'demo', privacy: 'public' });
  const one = await makeOwnPackage('one', 1000);
  expect(await upload(url, admin, one.made)).toBe(201);
  return expectShown(url, one);
}

/** The channel comes to show a package, and it downloads. */
export async function expectShown(url: string, { place, sha256 }: OwnPackage): Promise<ShownDocuments> {
  const documents = await until(`${place} is published`, 30_000, async () => {
    const shown = await readDocuments(url);
    return listedFiles(shown).get(place) === sha256 && shown;
  });
  expect(await wrongFiles(url, documents)).toEqual([]);
  return documents;
}

/** Whether a package is recorded: as one live record and one event, or not at all. */
export async function hasRecord(query: Query, { made }: OwnPackage): Promise<boolean> {
  const [found] = await query<{ records: number; events: number }>(
    `select (select count(*)::int from record where file = $1) as records,
      (select count(*)::int from event where subject = 'noarch/' || $1) as events`,
    [made.fileName],
  );
  expect([0, 1]).toContain(found!.records);
  expect(found!.events).toBe(found!.records);
  return found!.records === 1;
}

/** Make temporary files as old as those of a server that died two hours ago. @returns their names. */
function ageLeftovers(dataDir: string): string[] {
  const left = [...storedFiles(dataDir, 'tmp').keys()];
  const old = new Date(Date.now() - 2 * 3_600_000);
  for (const name of left) utimesSync(path.join(dataDir, 'blobs/tmp', name), old, old);
  return left;
}

/** The sweep takes what is old, and leaves what somebody may still be writing. */
async function expectSwept(dataDir: string, query: Query, old: readonly string[]): Promise<void> {
  writeFileSync(path.join(dataDir, 'blobs/tmp/of-another-node'), 'fresh');
  await query(`select graphile_worker.add_job('sweep-temp')`);
  await until('the sweep takes what is old', 10_000, () => {
    const left = storedFiles(dataDir, 'tmp');
    return !old.some((name) => left.has(name));
  });
  expect([...storedFiles(dataDir, 'tmp').keys()]).toEqual(['of-another-node']);
}
