import { cpSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { logIn } from './admin.ts';
import { localDigests, openEmbedded, type Query, storedFiles } from './catalog-state.ts';
import { expectShown, expectSound, untilIdle } from './expect-whole.ts';
import type { KillMoment } from './kill-moment.ts';
import type { Scene } from './scene.ts';
import { until } from './until.ts';

/**
 * `kill -9` of the whole server while it brings a bundle in, and a new start on the same folder: the import goes on by itself, and
 * what it had verified is not written again.
 *
 * @returns what happened, for people.
 */
export async function killServerInImport(scene: Scene, moment: KillMoment): Promise<string> {
  const first = await scene.start();
  const admin = await logIn(first.url);
  await admin.tell('POST', '/api/bundles/trust', { key: scene.bundle.key });
  const place = path.join(scene.dataDir, 'airgap', 'stick');
  cpSync(scene.bundle.folder, place, { recursive: true });
  const begun = await admin.tell<{ items: { id: string }[] }>('POST', '/api/bundles/imports', { path: place });
  const { id } = begun.items[0]!;
  await untilTakingIn(scene, id, moment);
  await first.kill();
  // What it was just writing is for the sweeper, an hour later.
  const left = new Set(storedFiles(scene.dataDir, 'tmp').keys());

  const second = await scene.start();
  const { query, close } = await openEmbedded(scene.dataDir);
  try {
    const found = await importState(query, id);
    const verified = await placesOfBlobs(scene, query);
    await expectSound(scene, query);
    await until('the import completes', 60_000, async () => {
      const { state, error } = await importState(query, id);
      expect(error).toBeNull();
      return state === 'completed';
    });
    await untilIdle(query);
    await expectShown(scene, second.url);
    await expectSound(scene, query);
    const after = await placesOfBlobs(scene, query);
    expect(Object.fromEntries([...verified.keys()].map((digest) => [digest, after.get(digest)]))).toEqual(
      Object.fromEntries(verified),
    );
    expect([...storedFiles(scene.dataDir, 'tmp').keys()].filter((file) => !left.has(file))).toEqual([]);
    expect(second.log().filter(({ level }) => level === 'error')).toEqual([]);
    return `${found.state} in stage ${found.stage} with ${verified.size} blobs verified`;
  } finally {
    await close();
  }
}

/** Wait until so much of the blobs is taken in, and then so much longer. */
async function untilTakingIn(scene: Scene, id: string, { share, thenMs }: KillMoment): Promise<void> {
  const wanted = Math.min(share, 1) * new Set(scene.files.values()).size;
  const { query, close } = await openEmbedded(scene.dataDir);
  try {
    await until(
      'the import takes in',
      60_000,
      async () => (await localDigests(query)).size >= wanted || (await importState(query, id)).state === 'completed',
      5,
    );
  } finally {
    await close();
  }
  await sleep(thenMs);
}

interface ImportState {
  readonly state: string;
  readonly stage: string | null;
  readonly error: string | null;
}

async function importState(query: Query, id: string): Promise<ImportState> {
  const [row] = await query<ImportState>(
    `select state, place->>'stage' as stage, error_text as error from bundle where id = $1`,
    [id],
  );
  return row!;
}

/** Where the bytes of each blob lie, so that one written twice is seen. */
async function placesOfBlobs(scene: Scene, query: Query): Promise<Map<string, string>> {
  const rows = await query<{ digest: string; pack: string | null; at: string | null }>(
    `select encode(sha256, 'hex') as digest, pack, pack_offset::text as at from blob`,
  );
  return new Map(
    rows.map(({ digest, pack, at }) => [digest, pack === null ? `file ${inode(scene, digest)}` : `${pack} at ${at}`]),
  );
}

function inode(scene: Scene, digest: string): number {
  return statSync(path.join(scene.dataDir, 'blobs/blobs', digest.slice(0, 2), digest)).ino;
}
