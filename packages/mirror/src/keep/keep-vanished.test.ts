import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { channelLayers, sourceRevision } from '@sluice/catalog';
import { expect, test } from 'vitest';
import { createFileFetcher } from '../fetch-file/file-fetcher.ts';
import { actor } from '../testing/bench.ts';
import { type Scene, sceneForEach } from '../testing/scene.ts';
import { deleteMirror } from '../verbs/delete-mirror.ts';
import { editMirror } from '../verbs/edit-mirror.ts';
import { runNow } from '../verbs/run-mirror.ts';
import { endGraces } from './keep-vanished.ts';

let scene: Scene;
sceneForEach((it) => {
  scene = it;
});

const noarch = { subdirs: ['noarch'] };

/** What the upstream lists without some files; they are at hand to be listed again. */
function unlist(...files: string[]): void {
  const file = join(scene.channel, 'noarch', 'repodata.json');
  const repodata = JSON.parse(readFileSync(join(scene.pristine, 'noarch', 'repodata.json'), 'utf8'));
  for (const gone of files) {
    delete repodata['packages.conda'][gone];
    delete repodata.packages[gone];
  }
  const text = JSON.stringify(repodata);
  writeFileSync(file, text);
  writeFileSync(`${file}.zst`, zstdCompressSync(text));
}

function listed(): string[] {
  const repodata = JSON.parse(readFileSync(join(scene.pristine, 'noarch', 'repodata.json'), 'utf8'));
  return Object.keys(repodata['packages.conda']).sort();
}

async function again(id: string) {
  await runNow(scene.bench.deps, id, actor);
  await scene.bench.work();
  const run = await scene.bench.lastRun(id);
  expect(run.state).toBe('completed');
  return run;
}

/** The files that the mirror keeps, live in its own source. */
async function kept(): Promise<string[]> {
  const { rows } = await scene.bench.database.pool.query(
    `select file from record join source on source.id = source_id where type = 'kept' and to_rev is null order by file`,
  );
  return rows.map(({ file }) => file);
}

test('files that vanish upstream go by default, and stay where the mirror keeps them, until they are back', async () => {
  const { bench, upstream } = scene;
  const [one, other] = listed() as [string, string];
  const plain = await bench.mirror({ source_root: upstream.url, filters: noarch });
  const keeping = await bench.mirror({ source_root: upstream.url, filters: noarch, keep_removed: true });
  unlist(one, other);
  expect((await again(plain)).counts).toMatchObject({ removed: 2, kept: 0 });
  const run = await again(keeping);
  expect(run.counts).toMatchObject({ removed: 0, kept: 2 });
  expect(run.report).toMatchObject({ changes: { added: 0, changed: 0, removed: 2 } });
  expect(await kept()).toEqual([one, other]);
  const layers = await channelLayers(bench.deps.db, bench.channel.id);
  expect(layers.map(({ mirror }) => [mirror!.id === keeping, mirror!.kept])).toEqual([
    [false, false],
    [true, false],
    [true, true],
  ]);
  unlist(other);
  expect((await again(keeping)).counts).toMatchObject({ removed: 0, kept: 1 });
  expect(await kept()).toEqual([other]);
  unlist(one);
  expect((await again(keeping)).counts).toMatchObject({ removed: 0, kept: 1 });
  expect(await kept()).toEqual([one]);
  const { rows } = await bench.database.pool.query(
    `select cause, added, removed from source_revision join source on id = source_id where type = 'kept' order by source_revision.revision`,
  );
  expect(rows).toEqual([
    { cause: 'vanish', added: 2, removed: 0 },
    { cause: 'vanish', added: 0, removed: 1 },
    { cause: 'vanish', added: 1, removed: 1 },
  ]);
});

test('what a mirror did not show is not kept', async () => {
  const { bench, upstream } = scene;
  const [one, other] = listed() as [string, string];
  const filters = { ...noarch, exclude_specs: [one.split('-').slice(0, -2).join('-')] };
  const id = await bench.mirror({ source_root: upstream.url, filters, keep_removed: true });
  unlist(one, other);
  await again(id);
  expect(await kept()).not.toContain(one);
});

test('a grace that is over, and a mirror that keeps no more, let files go and ask for a publication', async () => {
  const { bench, upstream } = scene;
  const [one] = listed() as [string];
  const id = await bench.mirror({ source_root: upstream.url, filters: noarch, keep_removed: true, grace_days: 7 });
  unlist(one);
  await again(id);
  const inDays = (days: number) => ({ ...bench.deps, now: () => new Date(Date.now() + days * 86_400_000) });
  expect(await endGraces(inDays(6.9))).toBe(0);
  expect(await bench.takeJobs()).toEqual([]);
  expect(await endGraces(inDays(7.1))).toBe(1);
  expect((await bench.takeJobs()).map(({ task }) => task)).toEqual(['publish-channel']);
  expect(await endGraces(inDays(8))).toBe(0);
  expect(await kept()).toEqual([]);

  unlist();
  await again(id);
  unlist(one);
  await again(id);
  expect(await kept()).toEqual([one]);
  await editMirror(bench.deps, id, { keep_removed: false }, actor);
  expect(await kept()).toEqual([]);
  expect((await bench.takeJobs()).map(({ task }) => task)).toEqual(['publish-channel']);
});

test('bytes of a kept file that were never fetched cannot be had, and the answer says why', async () => {
  const { bench, upstream } = scene;
  const [one] = listed() as [string];
  const id = await bench.mirror({ source_root: upstream.url, filters: noarch, keep_removed: true });
  unlist(one);
  await again(id);
  const { source_id } = (await channelLayers(bench.deps.db, bench.channel.id)).find(({ mirror }) => mirror!.kept)!;
  const fetcher = createFileFetcher(bench.deps);
  const from_rev = await sourceRevision(bench.deps.db, source_id);
  const wanted = { part: { source_id, subdir: 'noarch' }, file: one, from_rev, expected: {} };
  await expect(fetcher.fetch(wanted)).rejects.toMatchObject({
    code: 'upstream_missing',
    message: expect.stringContaining('vanished from its upstream'),
  });
  // The door asks the mirror's own source first, whose upstream may still have it.
  const layers = await channelLayers(bench.deps.db, bench.channel.id);
  const own = { ...wanted, part: { source_id: layers[0]!.source_id, subdir: 'noarch' }, from_rev: 1 };
  rmSync(join(scene.channel, 'noarch', one));
  await expect(fetcher.fetch(own)).rejects.toMatchObject({
    code: 'upstream_missing',
    message: expect.stringContaining('vanished from its upstream'),
  });
  await fetcher.close();
});

test('of what only came along the same is kept, and left by a mirror that is deleted', async () => {
  const { bench, upstream } = scene;
  const [one] = listed() as [string];
  const linux = join(scene.channel, 'linux-64', 'repodata.json');
  const repodata = JSON.parse(readFileSync(linux, 'utf8'));
  const needs = { depends: [one.split('-').slice(0, -2).join('-')] };
  for (const record of Object.values<object>({ ...repodata.packages, ...repodata['packages.conda'] }))
    Object.assign(record, needs);
  writeFileSync(linux, JSON.stringify(repodata));
  writeFileSync(`${linux}.zst`, zstdCompressSync(JSON.stringify(repodata)));
  const filters = { subdirs: ['linux-64'] };
  const input = { source_root: upstream.url, filters, mirror_mode: 'active', keep_removed: true };
  const id = await bench.mirror(input);
  const before = (await bench.lastRun(id)).counts.active;
  unlist(one);
  await again(id);
  expect(await kept()).toEqual([one]);
  expect(await deleteMirror(bench.deps, id, 'keep', actor)).toBe(before);
});

test('an active mirror that is deleted leaves what it kept, too', async () => {
  const { bench, upstream } = scene;
  const all = listed();
  const input = { source_root: upstream.url, filters: noarch, mirror_mode: 'active', keep_removed: true };
  const id = await bench.mirror(input);
  const before = (await bench.lastRun(id)).counts.active;
  unlist(all[0]!);
  await again(id);
  expect(await kept()).toEqual([all[0]]);
  expect(await deleteMirror(bench.deps, id, 'keep', actor)).toBe(before);
});
