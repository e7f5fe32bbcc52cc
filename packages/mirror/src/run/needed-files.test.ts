import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import type { UpstreamServer } from '@sluice/testkit';
import { beforeEach, expect, test } from 'vitest';
import { type DryRun, dryRun } from '../dry-run/dry-run.ts';
import { actor, type Bench } from '../testing/bench.ts';
import { sceneForEach } from '../testing/scene.ts';
import { deleteMirror } from '../verbs/delete-mirror.ts';
import { runNow } from '../verbs/run-mirror.ts';
import { filteredOf, type RunCounts } from './run-counts.ts';

// Mirrors that name platforms without noarch: of noarch comes along what the platforms' files depend on.

let pristine: string;
let channel: string;
let upstream: UpstreamServer;
let bench: Bench;

sceneForEach((scene) => {
  ({ pristine, channel, upstream, bench } = scene);
});
beforeEach(() => zlibNeeds('another_dependent 1.*'));

const needed = ['another_dependent-1.0', 'dependency-1.0', 'dependency-2.0', 'dependent-1.0', 'dependent-2.0'];
const platform = { linux: 3, noarch: 35 };

/** Let zlib of linux-64 depend on another spec. */
function zlibNeeds(spec: string): void {
  const file = join(channel, 'linux-64', 'repodata.json');
  const repodata = JSON.parse(readFileSync(file, 'utf8'));
  repodata['packages.conda']['zlib-1.2.11-h7b6447c_3.conda'].depends[1] = spec;
  writeFileSync(file, JSON.stringify(repodata));
  writeFileSync(`${file}.zst`, zstdCompressSync(JSON.stringify(repodata)));
}

const wish = (more: object = {}) => ({ source_root: upstream.url, filters: { subdirs: ['linux-64'] }, ...more });

function tryOut(input: object): Promise<DryRun> {
  const page = { limit: 1000, offset: 0 };
  return dryRun(bench.deps, { channelId: bench.channel.id, input: { mirror_name: 'try', ...input } as never }, page);
}

const noarchKept = ({ items }: DryRun) =>
  items
    .filter(({ subdir, action }) => subdir === 'noarch' && action !== 'drop')
    .map(({ file }) => file.replace(/-0\.conda$/, ''))
    .sort();

function balanced(counts: RunCounts): RunCounts {
  expect(filteredOf(counts) + counts.active + counts.passive + counts.failed).toBe(counts.total);
  return counts;
}

test('a run reads noarch too and counts what does not come along as filtered by platform', async () => {
  const { counts } = await bench.lastRun(await bench.mirror(wish({ keep_legacy: true })));
  expect(balanced(counts)).toMatchObject({
    total: platform.linux + platform.noarch,
    passive: platform.linux + needed.length,
    mirror_filtered: { platform: platform.noarch - needed.length },
  });
});

test('an active run fetches what comes along, and keeps it when the mirror goes', async () => {
  const id = await bench.mirror(
    wish({ mirror_mode: 'active', filters: { subdirs: ['linux-64'], only_specs: ['zlib', 'another*', 'dependent'] } }),
  );
  expect(balanced((await bench.lastRun(id)).counts)).toMatchObject({
    active: 1 + 3,
    mirror_filtered: { platform: platform.noarch - needed.length, only_specs: 3, duplicated_legacy_conda: 1 },
  });
  const fetched = upstream.asked.flatMap(({ path }) => /^\/noarch\/(.+)-0\.conda$/.exec(path)?.[1] ?? []);
  expect(fetched.sort()).toEqual([needed[0], needed[3], needed[4]]);
  expect(await deleteMirror(bench.deps, id, 'keep', actor)).toBe(4);
});

test('what nothing depends on any more leaves', async () => {
  const id = await bench.mirror(wish());
  zlibNeeds('dependent 2.0');
  await runNow(bench.deps, id, actor);
  await bench.work();
  const { counts } = await bench.lastRun(id);
  expect(balanced(counts)).toMatchObject({ removed: 3, mirror_filtered: { platform: platform.noarch - 2 } });
});

test('a dry run says the same, from the upstream as from the catalog', async () => {
  const fresh = await tryOut(wish());
  expect(noarchKept(fresh)).toEqual(needed);
  const reason = fresh.items.find(({ file }) => file === 'python-3.99.99-0.conda')!.reason;
  expect(reason).toMatchObject({ code: 'platform', scope: 'mirror', rule: 'subdirs: linux-64' });
  const { counts } = await bench.lastRun(await bench.mirror(wish()));
  expect(fresh.count).toEqual(counts);
  const known = await tryOut(wish());
  expect(known.parts.map(({ subdir, status }) => [subdir, status])).toEqual([
    ['linux-64', 'unchanged'],
    ['noarch', 'unchanged'],
  ]);
  expect({ ...known, parts: [] }).toEqual({ ...fresh, parts: [] });
  expect(noarchKept(await tryOut(wish({ filters: { subdirs: ['win-64'] } })))).toEqual([]);
});

test('an upstream without noarch, and one with nothing else', async () => {
  rmSync(join(channel, 'noarch'), { recursive: true });
  const { counts } = await bench.lastRun(await bench.mirror(wish()));
  expect(balanced(counts).total).toBe(platform.linux);
  expect((await tryOut(wish())).count).toEqual(counts);
  cpSync(join(pristine, 'noarch'), join(channel, 'noarch'), { recursive: true });
  const run = await bench.lastRun(await bench.mirror(wish({ filters: { subdirs: ['zos-z'] } })));
  expect(run).toMatchObject({ state: 'failed', error_code: 'upstream_missing' });
});
