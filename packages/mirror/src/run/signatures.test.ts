import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { findRecord } from '@sluice/catalog';
import { sourceFacts } from '@sluice/registry';
import { writeCondaShards } from '@sluice/testkit';
import { expect, test } from 'vitest';
import { dryRun } from '../dry-run/dry-run.ts';
import { actor } from '../testing/bench.ts';
import { type Scene, sceneForEach } from '../testing/scene.ts';

import { editMirror } from '../verbs/edit-mirror.ts';
import { runNow } from '../verbs/run-mirror.ts';

let scene: Scene;
sceneForEach((set) => {
  scene = set;
});

const zlib = 'zlib-1.2.11-h7b6447c_3.conda';
const old = 'zlib-1.2.11-h7b6447c_3.tar.bz2';
const signed = (by: string) => ({ [by.repeat(64)]: { signature: by.repeat(128) } });

/** Have the upstream say who signed what. */
function sign(signatures: object): void {
  const path = join(scene.channel, 'linux-64/repodata.json');
  const text = JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), signatures });
  writeFileSync(path, text);
  writeFileSync(`${path}.zst`, zstdCompressSync(text));
}

const define = (filters: object = {}) => ({
  mirror_name: 'signed',
  source_root: scene.upstream.url,
  filters: { subdirs: ['linux-64', 'noarch'], ...filters },
});

async function again(id: string) {
  await runNow(scene.bench.deps, id, actor);
  await scene.bench.work();
  return scene.bench.lastRun(id);
}

const part = async () => {
  const { id } = await scene.bench.deps.db.selectFrom('source').select('id').executeTakeFirstOrThrow();
  return { source_id: id, subdir: 'linux-64' };
};

async function signaturesOf(file: string, revision: number) {
  const record = await findRecord(scene.bench.deps.db, await part(), file, revision);
  return record?.signatures && JSON.parse(Buffer.from(record.signatures).toString());
}

test('only what is signed is shown, and the rest is counted', async () => {
  sign({ [zlib]: signed('a'), 'not-there-1.0-0.conda': signed('a') });
  const id = await scene.bench.mirror(define({ only_signed: true }));
  const run = await scene.bench.lastRun(id);
  const { count } = await dryRun(scene.bench.deps, { mirrorId: id }, { limit: 0, offset: 0 });
  expect(run.counts.passive).toBe(1);
  expect(run.counts.mirror_filtered).toMatchObject({ signature: run.counts.total - 1 });
  expect({ ...count, removed: 0 }).toEqual({ ...run.counts, removed: 0 });
  expect(await signaturesOf(zlib, run.revision!)).toEqual(signed('a'));
  expect(await signaturesOf(old, run.revision!)).toBe(null);
});

test('a new definition is tried on what the upstream says now', async () => {
  sign({ [zlib]: signed('a'), [old]: {} });
  const wish = { channelId: scene.bench.channel.id, input: define({ only_signed: true }) };
  const { count, items } = await dryRun(scene.bench.deps, wish, { limit: 1000, offset: 0 });
  expect(items.filter(({ action }) => action !== 'drop').map(({ file }) => file)).toEqual([zlib]);
  expect(count.mirror_filtered.signature).toBe(count.total - 1);
});

test('a change of signatures alone is a change of those records', async () => {
  sign({ [zlib]: signed('a'), [old]: signed('a') });
  const id = await scene.bench.mirror(define());
  const before = await scene.bench.lastRun(id);
  sign({ [zlib]: signed('b') });
  const after = await again(id);
  expect(after.revision).toBe(before.revision! + 1);
  const { rows } = await scene.bench.database.pool.query('select file from record where from_rev = $1 order by file', [
    after.revision,
  ]);
  expect(rows.map(({ file }) => file)).toEqual([zlib, old].sort());
  expect([await signaturesOf(zlib, after.revision!), await signaturesOf(old, after.revision!)]).toEqual([
    signed('b'),
    null,
  ]);
  expect(await signaturesOf(old, before.revision!)).toEqual(signed('a'));

  // The columns that grew by the difference say what those made anew from the records say.
  const grown = await sourceFacts(scene.bench.deps, await part(), after.revision!);
  await scene.bench.database.pool.query('delete from facts');
  const anew = await sourceFacts(scene.bench.deps, await part(), after.revision!);
  const table = (facts: typeof grown) =>
    Array.from({ length: facts!.count }, (_, i) => [
      facts!.file(i),
      facts!.signed[i],
      facts!.recordHash[i * 2],
      facts!.recordHash[i * 2 + 1],
    ]).sort();
  expect(table(grown)).toEqual(table(anew));
  expect(
    table(anew)
      .filter(([, isSigned]) => isSigned)
      .map(([file]) => file),
  ).toEqual([zlib]);
});

test('the same signatures again change nothing', async () => {
  sign({ [zlib]: signed('a') });
  const id = await scene.bench.mirror(define());
  const before = await scene.bench.lastRun(id);
  sign({ [zlib]: signed('a'), 'gone-1.0-0.conda': signed('b') });
  expect((await again(id)).revision).toBe(before.revision);
});

test('of an upstream with shards the document is read as soon as a mirror wants signed files only', async () => {
  sign({ [zlib]: signed('a') });
  writeCondaShards(scene.channel, 'linux-64');
  const id = await scene.bench.mirror(define());
  const all = await scene.bench.lastRun(id);
  expect(await signaturesOf(zlib, all.revision!)).toBe(null);
  await editMirror(scene.bench.deps, id, { filters: { only_signed: true } }, actor);
  expect((await again(id)).counts.passive).toBe(1);
  await editMirror(scene.bench.deps, id, { filters: { only_signed: false } }, actor);
  rmSync(join(scene.channel, 'linux-64/repodata.json'));
  rmSync(join(scene.channel, 'linux-64/repodata.json.zst'));
  expect((await again(id)).counts.passive).toBe(all.counts.passive);
});
